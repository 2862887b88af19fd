// The bare image for Go's assembler, written from the description alone: the
// test compares its machine code with what the generator makes.
TEXT ·bare(SB), 516, $0 // NOSPLIT and NOFRAME
	MOVD 24(RSP), R19
	SUB  $32, RSP
	MOVD RSP, R1
	MOVZ $113, R8 // clock_gettime
	MOVZ $1, R0   // CLOCK_MONOTONIC
	SVC
	MOVD (R19), R2
	MOVD R2, 16(RSP)
	MOVZ $64, R8 // write
	MOVZ $1, R0
	MOVZ $24, R2
	SVC
	MOVZ $1, R2
again:
	MOVZ $63, R8 // read
	MOVD ZR, R0
	SVC
	CMP  $0, R0
	BGT  again
	MOVD (R19), R0
	EOR  R0>>32, R0
	EOR  R0>>16, R0
	EOR  R0>>8, R0
	MOVZ $94, R8 // exit_group
	SVC
