//go:build !purego

#include "textflag.h"

// func stepFetching(nodes *uint64, at *uint32, n, steps int, keys *[1 << narrow]uint32)
// Two walks a round: SI nodes, BX keys, DI places, CX walks left, DX turns left; AX
// and R8 place, R9 and R10 node and then threshold, R11 and R12 key. A step is
// (*deep).step, and a prefetch.
TEXT ·stepFetching(SB), NOSPLIT, $0-40
	MOVQ nodes+0(FP), SI
	MOVQ steps+24(FP), DX
	MOVQ keys+32(FP), BX
turn:
	MOVQ at+8(FP), DI
	MOVQ n+16(FP), CX
	SUBQ $2, CX
	JLT  odd
two:
	MOVL    (DI), AX
	MOVL    4(DI), R8
	MOVQ    (SI)(AX*8), R9
	MOVQ    (SI)(R8*8), R10
	MOVBLZX R9B, R11
	MOVBLZX R10B, R12
	MOVL    (BX)(R11*4), R11
	MOVL    (BX)(R12*4), R12
	MOVL    R9, AX
	MOVL    R10, R8
	SHRQ    $32, R9
	SHRQ    $32, R10
	SHRL    $8, AX
	SHRL    $8, R8
	CMPL    R9, R11
	ADCL    $0, AX // the right child where the threshold is less
	CMPL    R10, R12
	ADCL    $0, R8
	MOVL    AX, (DI)
	MOVL    R8, 4(DI)
	PREFETCHT0 (SI)(AX*8)
	PREFETCHT0 (SI)(R8*8)
	ADDQ    $8, DI
	SUBQ    $2, CX
	JGE     two
odd:
	ADDQ    $2, CX
	JZ      done
	MOVL    (DI), AX
	MOVQ    (SI)(AX*8), R9
	MOVBLZX R9B, R11
	MOVL    (BX)(R11*4), R11
	MOVL    R9, AX
	SHRQ    $32, R9
	SHRL    $8, AX
	CMPL    R9, R11
	ADCL    $0, AX
	MOVL    AX, (DI)
	PREFETCHT0 (SI)(AX*8)
done:
	DECQ DX
	JNZ  turn
	RET
