package host

// Version is stamped into both binaries by the linker. A runner and a
// trialhost of different versions refuse to work together.
var Version = "dev"
