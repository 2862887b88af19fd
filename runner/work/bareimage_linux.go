package work

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
)

// bareImage returns an executable of some 300 bytes that does what beExecutor does with
// no task to do, and nothing else: no runtime, no library, no page beside one of code and
// one of stack. It tells what the kernel needs for fork and exec from what Go's start needs.
//
//	take CLOCK_MONOTONIC, write it and the label to fd 1
//	read fd 0 until its end
//	exit with answer(label)
//
// At its start the stack holds argc, then the pointers of argv; the label is
// argv[2], and its eight bytes are read as one word.
func bareImage(arch string) ([]byte, error) {
	switch arch {
	case "amd64":
		return elfImage(machineAMD64, bareAMD64()), nil
	case "arm64":
		return elfImage(machineARM64, bareARM64()), nil
	}
	return nil, fmt.Errorf("there is no bare image for %s: only for amd64 and arm64", arch)
}

// Constants of the ELF format (System V ABI, chapters 4 and 5).
const (
	elfClass64, elfLittle, elfVersion = 2, 1, 1

	typeExec     = 2
	machineAMD64 = 62
	machineARM64 = 183

	headerSize  = 64
	segmentSize = 56

	segmentLoad, segmentStack = 1, 0x6474e551 // PT_LOAD, PT_GNU_STACK: without it some kernels make all memory executable

	executable, writable, readable = 1, 2, 4

	imageBase  = 0x400000
	imageAlign = 0x10000 // the largest page of an arm64 kernel
)

// elfImage wraps code into a file that the kernel maps as a whole, at imageBase.
func elfImage(machine uint16, code []byte) []byte {
	const segments = 2
	begin := uint64(headerSize + segments*segmentSize)
	size := begin + uint64(len(code))
	var b bytes.Buffer
	put := func(fields ...any) {
		for _, f := range fields {
			_ = binary.Write(&b, binary.LittleEndian, f) // a buffer takes all
		}
	}
	b.WriteString("\x7fELF")
	put([12]byte{elfClass64, elfLittle, elfVersion})
	put(uint16(typeExec), machine, uint32(elfVersion), imageBase+begin, uint64(headerSize), uint64(0), uint32(0))
	put(uint16(headerSize), uint16(segmentSize), uint16(segments), uint16(0), uint16(0), uint16(0))
	put(uint32(segmentLoad), uint32(readable|executable), uint64(0), uint64(imageBase), uint64(imageBase), size, size, uint64(imageAlign))
	put(uint32(segmentStack), uint32(readable|writable), uint64(0), uint64(0), uint64(0), uint64(0), uint64(0), uint64(16))
	return append(b.Bytes(), code...)
}

// What both programs share.
const (
	labelOnStack   = 24 // argv[2], above argc and two pointers
	frame          = 32 // the message, rounded up to the stack's alignment
	labelInMessage = 16
	clockMonotonic = 1
	stdin, stdout  = 0, 1
)

// bareAMD64 assembles the program for amd64. A system call takes its number in rax and
// its arguments in rdi, rsi and rdx, and leaves all but rax, rcx and r11 as
// they were.
func bareAMD64() []byte {
	const sysRead, sysWrite, sysClockGettime, sysExitGroup = 0, 1, 228, 231
	setEAX := func(n uint32) []byte { return binary.LittleEndian.AppendUint32([]byte{0xb8}, n) }
	setEDI := func(n uint32) []byte { return binary.LittleEndian.AppendUint32([]byte{0xbf}, n) }
	setEDX := func(n uint32) []byte { return binary.LittleEndian.AppendUint32([]byte{0xba}, n) }
	syscall := []byte{0x0f, 0x05}
	foldBy := func(bits byte) []byte {
		return []byte{
			0x48, 0x89, 0xf8, //       mov rax, rdi
			0x48, 0xc1, 0xe8, bits, // shr rax, bits
			0x48, 0x31, 0xc7, //       xor rdi, rax
		}
	}
	readOn := slices.Concat(setEAX(sysRead), setEDI(stdin), syscall,
		[]byte{0x48, 0x85, 0xc0}) // test rax, rax
	return slices.Concat(
		[]byte{0x4c, 0x8b, 0x64, 0x24, labelOnStack}, // mov r12, [rsp+24]
		[]byte{0x48, 0x83, 0xec, frame},              // sub rsp, 32
		[]byte{0x48, 0x89, 0xe6},                     // mov rsi, rsp
		setEAX(sysClockGettime), setEDI(clockMonotonic), syscall,
		[]byte{0x49, 0x8b, 0x04, 0x24},                 // mov rax, [r12]
		[]byte{0x48, 0x89, 0x44, 0x24, labelInMessage}, // mov [rsp+16], rax
		setEAX(sysWrite), setEDI(stdout), setEDX(signalSize), syscall,
		setEDX(1),
		readOn, []byte{0x7f, byte(-(len(readOn) + 2))}, // jg to the read, while there is something
		[]byte{0x49, 0x8b, 0x3c, 0x24}, // mov rdi, [r12]
		foldBy(32), foldBy(16), foldBy(8),
		setEAX(sysExitGroup), syscall,
	)
}

// bareARM64 assembles the program for arm64. A system call takes its number in x8
// and its arguments in x0, x1 and x2, and leaves all but x0 as they were.
func bareARM64() []byte {
	const sysRead, sysWrite, sysExitGroup, sysClockGettime = 63, 64, 94, 113
	const x0, x1, x2, x8, x19, sp = 0, 1, 2, 8, 19, 31
	set := func(reg, n uint32) uint32 { return 0xd2800000 | n<<5 | reg }                          // movz reg, #n
	load := func(reg, from, at uint32) uint32 { return 0xf9400000 | at/8<<10 | from<<5 | reg }    // ldr reg, [from, #at]
	store := func(reg, to, at uint32) uint32 { return 0xf9000000 | at/8<<10 | to<<5 | reg }       // str reg, [to, #at]
	foldBy := func(bits uint32) uint32 { return 0xca400000 | x0<<16 | bits<<10 | x0<<5 | x0 }     // eor x0, x0, x0, lsr #bits
	const bufferToX1 = 0x91000000 | sp<<5 | x1                                                    // add x1, sp, #0
	const makeFrame = 0xd1000000 | frame<<10 | sp<<5 | sp                                         // sub sp, sp, #32
	const stdinToX0 = 0xaa1f03e0 | x0                                                             // mov x0, xzr
	const isPositive, svc = 0xf100001f | x0<<5, 0xd4000001                                        // cmp x0, #0; svc #0
	jumpBackIfGreater := func(words int) uint32 { return 0x5400000c | uint32(-words)&0x7ffff<<5 } // b.gt
	readOn := []uint32{set(x8, sysRead), stdinToX0, svc, isPositive}
	words := slices.Concat(
		[]uint32{load(x19, sp, labelOnStack), makeFrame, bufferToX1},
		[]uint32{set(x8, sysClockGettime), set(x0, clockMonotonic), svc},
		[]uint32{load(x2, x19, 0), store(x2, sp, labelInMessage)},
		[]uint32{set(x8, sysWrite), set(x0, stdout), set(x2, signalSize), svc, set(x2, 1)},
		readOn, []uint32{jumpBackIfGreater(len(readOn))},
		[]uint32{load(x0, x19, 0), foldBy(32), foldBy(16), foldBy(8)},
		[]uint32{set(x8, sysExitGroup), svc},
	)
	var code []byte
	for _, w := range words {
		code = binary.LittleEndian.AppendUint32(code, w)
	}
	return code
}
