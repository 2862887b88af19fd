// Package record holds what a run leaves behind: trials, samples, iterations
// and the manifest, and the codecs of their files. Everything later is derived
// from these files alone.
//
// A CSV file here is UTF-8 with a header, commas, one line for a row and a
// newline after every row, so that pandas, R and spreadsheets open it without
// options and a row that was torn by a crash shows by its missing newline. An
// absent number is an empty field. Control characters of a text, newlines
// among them, become spaces. A text that a spreadsheet would run as a formula
// gets an apostrophe in front, which the readers here take off again; see
// [AppendText].
package record
