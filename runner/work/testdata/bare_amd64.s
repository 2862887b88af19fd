// The bare image for Go's assembler, written from the description alone: the
// test compares its machine code with what the generator makes.
TEXT ·bare(SB), 516, $0 // NOSPLIT and NOFRAME
	MOVQ 24(SP), R12
	SUBQ $32, SP
	MOVQ SP, SI
	MOVL $228, AX // clock_gettime
	MOVL $1, DI   // CLOCK_MONOTONIC
	SYSCALL
	MOVQ (R12), AX
	MOVQ AX, 16(SP)
	MOVL $1, AX // write
	MOVL $1, DI
	MOVL $24, DX
	SYSCALL
	MOVL $1, DX
again:
	MOVL $0, AX // read
	MOVL $0, DI
	SYSCALL
	TESTQ AX, AX
	JGT   again
	MOVQ (R12), DI
	MOVQ DI, AX
	SHRQ $32, AX
	XORQ AX, DI
	MOVQ DI, AX
	SHRQ $16, AX
	XORQ AX, DI
	MOVQ DI, AX
	SHRQ $8, AX
	XORQ AX, DI
	MOVL $231, AX // exit_group
	SYSCALL
