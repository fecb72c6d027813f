//go:build !purego

#include "textflag.h"

// What these loops gain over Go's: the row 16 ahead is fetched from memory while
// this one is added, which Go has no word for, and a cell is added to in one
// instruction. Registers: DI cells, SI codes, BX entry, R9 entries left, R10
// stride, R11 codes of a row, CX shift, R8 what is added, R12 code of this row, R15
// cells of its column, R14 codes left.

// func addRowsAhead(cells *int64, codes *uint8, entries *entry, n, stride, used int, shift uint)
TEXT ·addRowsAhead(SB), NOSPLIT, $0-56
	MOVQ cells+0(FP), DI
	MOVQ codes+8(FP), SI
	MOVQ entries+16(FP), BX
	MOVQ n+24(FP), R9
	MOVQ stride+32(FP), R10
	MOVQ used+40(FP), R11
	MOVQ shift+48(FP), CX

row:
	MOVL    4(BX), R12
	MOVL    132(BX), R13 // the row 16 entries on
	IMULQ   R10, R12
	IMULQ   R10, R13
	MOVLQSX (BX), R8
	SHLQ    CX, R8
	INCQ    R8
	ADDQ    SI, R12
	PREFETCHT0 (SI)(R13*1)
	MOVQ    DI, R15
	MOVQ    R11, R14

four:
	MOVBLZX (R12), AX
	MOVBLZX 1(R12), DX
	ADDQ    R8, (R15)(AX*8)
	MOVBLZX 2(R12), AX
	ADDQ    R8, 2048(R15)(DX*8)
	MOVBLZX 3(R12), DX
	ADDQ    R8, 4096(R15)(AX*8)
	ADDQ    R8, 6144(R15)(DX*8)
	ADDQ    $8192, R15
	ADDQ    $4, R12
	SUBQ    $4, R14
	JNZ     four
	ADDQ    $8, BX
	DECQ    R9
	JNZ     row
	RET

// func addRowsSecondsAhead(cells *int64, codes *uint8, entries *entry, n, stride, used int, shift uint, seconds *int32)
// R13 is seconds, besides.
TEXT ·addRowsSecondsAhead(SB), NOSPLIT, $0-64
	MOVQ cells+0(FP), DI
	MOVQ codes+8(FP), SI
	MOVQ entries+16(FP), BX
	MOVQ n+24(FP), R9
	MOVQ stride+32(FP), R10
	MOVQ used+40(FP), R11
	MOVQ shift+48(FP), CX
	MOVQ seconds+56(FP), R13

row2:
	MOVL    132(BX), DX
	MOVL    4(BX), R12
	PREFETCHT0 (R13)(DX*4)
	IMULQ   R10, DX
	MOVLQSX (R13)(R12*4), AX
	IMULQ   R10, R12
	MOVLQSX (BX), R8
	SHLQ    CX, R8
	INCQ    R8
	ADDQ    SI, R12
	PREFETCHT0 (SI)(DX*1)
	MOVQ    R8, X0
	MOVQ    AX, X1
	PUNPCKLQDQ X1, X0 // both numbers of a cell at once
	MOVQ    DI, R15
	MOVQ    R11, R14

two:
	MOVBLZX (R12), AX
	MOVBLZX 1(R12), DX
	SHLQ    $4, AX
	SHLQ    $4, DX
	MOVOU   (R15)(AX*1), X1
	PADDQ   X0, X1
	MOVOU   X1, (R15)(AX*1)
	MOVOU   4096(R15)(DX*1), X2
	PADDQ   X0, X2
	MOVOU   X2, 4096(R15)(DX*1)
	ADDQ    $8192, R15
	ADDQ    $2, R12
	SUBQ    $2, R14
	JNZ     two
	ADDQ    $8, BX
	DECQ    R9
	JNZ     row2
	RET
