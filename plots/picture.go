package plots

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"slices"
)

// picture is a painted sheet as runs of equal dots. A chart is mostly paper:
// its runs take a tenth of the memory of its dots.
type picture struct {
	width   int
	runs    []byte         // of each row: number of a colour and length, as varints
	rows    []int          // where the runs of each row begin; rows that are alike share theirs
	last    []byte         // the row added last
	colours []uint32       // by number
	numbers map[uint32]int // of colours
	near    [256]struct {  // the numbers looked up of late
		colour uint32
		number int
	}

	palette color.Palette
	index   []uint8 // into the palette, by number
}

func newPicture(width int) *picture {
	return &picture{width: width, numbers: map[uint32]int{}}
}

// add adds a row of dots: red, green, blue and alpha, which is full.
func (p *picture) add(row []byte) {
	if len(p.rows) > 0 && bytes.Equal(row, p.last) {
		p.rows = append(p.rows, p.rows[len(p.rows)-1])
		return
	}
	p.last = append(p.last[:0], row...)
	p.rows = append(p.rows, len(p.runs))
	for from := 0; from < len(row); {
		dot := binary.BigEndian.Uint32(row[from:])
		to := from + 4
		for to < len(row) && binary.BigEndian.Uint32(row[to:]) == dot {
			to += 4
		}
		p.runs = binary.AppendUvarint(p.runs, uint64(p.number(dot>>8)))
		p.runs = binary.AppendUvarint(p.runs, uint64(to-from)/4)
		from = to
	}
}

// number returns the number of a colour, a new one where it has none.
func (p *picture) number(colour uint32) int {
	near := &p.near[(colour^colour>>8^colour>>16)&0xff]
	if near.number > 0 && near.colour == colour {
		return near.number - 1
	}
	n, ok := p.numbers[colour]
	if !ok {
		n = len(p.colours)
		p.numbers[colour] = n
		p.colours = append(p.colours, colour)
	}
	near.colour, near.number = colour, n+1
	return n
}

// each calls do for the runs of a row.
func (p *picture) each(row int, do func(number, length int)) {
	at := p.rows[row]
	for done := 0; done < p.width; {
		number, n := binary.Uvarint(p.runs[at:])
		length, m := binary.Uvarint(p.runs[at+n:])
		at += n + m
		done += int(length)
		do(int(number), int(length))
	}
}

// seal makes a palette of the 256 most frequent colours; all others, which
// smooth the edges of letters, become the nearest of them. A third of the
// bytes of a file, and no eye sees it.
func (p *picture) seal() {
	count := make([]int, len(p.colours))
	for row := range p.rows {
		p.each(row, func(number, length int) { count[number] += length })
	}
	order := make([]int, len(p.colours))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(count[b]-count[a], cmp.Compare(p.colours[a], p.colours[b]))
	})
	p.index = make([]uint8, len(order))
	var kept []uint32
	for _, number := range order {
		c := p.colours[number]
		if len(kept) < 256 {
			p.index[number] = uint8(len(kept))
			kept = append(kept, c)
			p.palette = append(p.palette, color.RGBA{uint8(c >> 16), uint8(c >> 8), uint8(c), 0xff})
			continue
		}
		p.index[number] = nearest(kept, c)
	}
}

func nearest(palette []uint32, c uint32) uint8 {
	best, least := 0, math.MaxInt
	for i, p := range palette {
		r, g, b := int(p>>16)-int(c>>16), int(p>>8&0xff)-int(c>>8&0xff), int(p&0xff)-int(c&0xff)
		if d := r*r + g*g + b*b; d < least {
			best, least = i, d
		}
	}
	return uint8(best)
}

// write writes a PNG. The quickest level of compression makes it a twentieth
// larger than the default, in half of the time.
func (p *picture) write(w io.Writer) error {
	e := png.Encoder{CompressionLevel: png.BestSpeed}
	return e.Encode(w, p.dots())
}

// dots returns the dots of all runs.
func (p *picture) dots() *image.Paletted {
	out := image.NewPaletted(image.Rect(0, 0, p.width, len(p.rows)), p.palette)
	rest := out.Pix
	for row, at := range p.rows {
		if row > 0 && at == p.rows[row-1] {
			copy(rest, out.Pix[(row-1)*p.width:row*p.width])
			rest = rest[p.width:]
			continue
		}
		p.each(row, func(number, length int) {
			for i := range rest[:length] {
				rest[i] = p.index[number]
			}
			rest = rest[length:]
		})
	}
	return out
}

// Halve returns a PNG of [Render] at half its size, for a page that must stay
// small.
func Halve(drawn []byte) ([]byte, error) {
	src, err := png.Decode(bytes.NewReader(drawn))
	if err != nil {
		return nil, fmt.Errorf("halve a chart: %w", err)
	}
	b := src.Bounds()
	if b.Dx() < 2 || b.Dy() < 2 {
		return drawn, nil
	}
	half, rowOf := newPicture(b.Dx()/2), rowsOfImage(src)
	upper, lower, row := make([]byte, 4*b.Dx()), make([]byte, 4*b.Dx()), make([]byte, 4*half.width)
	for y := range b.Dy() / 2 {
		rowOf(2*y, upper)
		rowOf(2*y+1, lower)
		for to, from := 0, 0; to < len(row); to, from = to+4, from+8 {
			for k := range 4 {
				row[to+k] = uint8((int(upper[from+k]) + int(upper[from+4+k]) + int(lower[from+k]) + int(lower[from+4+k])) / 4)
			}
		}
		half.add(row)
	}
	half.seal()
	var out bytes.Buffer
	err = half.write(&out)
	return out.Bytes(), err
}

// rowsOfImage returns what copies a row of an image into a slice of dots.
func rowsOfImage(src image.Image) func(y int, into []byte) {
	b := src.Bounds()
	p, ours := src.(*image.Paletted)
	if !ours {
		return func(y int, into []byte) {
			for x := range b.Dx() {
				c := color.RGBAModel.Convert(src.At(b.Min.X+x, b.Min.Y+y)).(color.RGBA)
				into[4*x], into[4*x+1], into[4*x+2], into[4*x+3] = c.R, c.G, c.B, c.A
			}
		}
	}
	var table [256][4]byte
	for i, c := range p.Palette {
		dot := color.RGBAModel.Convert(c).(color.RGBA)
		table[i] = [4]byte{dot.R, dot.G, dot.B, dot.A}
	}
	return func(y int, into []byte) {
		for x, i := range p.Pix[y*p.Stride:][:b.Dx()] {
			copy(into[4*x:4*x+4], table[i][:])
		}
	}
}
