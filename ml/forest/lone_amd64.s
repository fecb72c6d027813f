//go:build !purego

#include "textflag.h"

// Lanes are 1088 bytes apart: pitch of lone.go.

DATA most<>+0(SB)/4, $0x7f7fffff // the bits of the largest finite number
DATA most<>+4(SB)/4, $0x7fffffff // all but the sign
DATA most<>+8(SB)/4, $0x80000000 // the sign
GLOBL most<>(SB), RODATA|NOPTR, $12

// func fillLanes8(columns *laneColumn, n, first int, keys *laneKeys)
// SI columns, CX columns left, DI keys; R8 and R9 the values of four rows each, R10
// bytes from row to row, R11 three times that, R12 keys of this column. A key is
// keyOf, twice: of what is no finite number all zeros, then all ones.
TEXT ·fillLanes8(SB), NOSPLIT, $0-32
	MOVQ columns+0(FP), SI
	MOVQ n+8(FP), CX
	MOVQ first+16(FP), DX
	MOVQ keys+24(FP), DI
	VPBROADCASTD most<>+0(SB), Y13
	VPBROADCASTD most<>+4(SB), Y14
	VPBROADCASTD most<>+8(SB), Y15

column:
	MOVQ  8(SI), R10
	MOVQ  DX, R8
	MOVQ  16(SI), R12
	IMULQ R10, R8
	ADDQ  (SI), R8
	ADDQ  DI, R12
	LEAQ  (R10)(R10*2), R11
	LEAQ  (R8)(R10*4), R9
	VMOVSS (R8), X0
	VMOVSS (R9), X1
	VINSERTPS $0x10, (R8)(R10*1), X0, X0
	VINSERTPS $0x10, (R9)(R10*1), X1, X1
	VINSERTPS $0x20, (R8)(R10*2), X0, X0
	VINSERTPS $0x20, (R9)(R10*2), X1, X1
	VINSERTPS $0x30, (R8)(R11*1), X0, X0
	VINSERTPS $0x30, (R9)(R11*1), X1, X1
	VINSERTF128 $1, X1, Y0, Y0
	VPSRAD   $31, Y0, Y1
	VPOR     Y15, Y1, Y1
	VPXOR    Y0, Y1, Y1
	VPAND    Y14, Y0, Y2
	VPCMPGTD Y13, Y2, Y2
	VPANDN   Y1, Y2, Y3
	VPOR     Y1, Y2, Y4
	VPUNPCKLDQ Y4, Y3, Y5 // lanes 0, 1 and 4, 5
	VPUNPCKHDQ Y4, Y3, Y6 // lanes 2, 3 and 6, 7
	VEXTRACTF128 $1, Y5, X7
	VEXTRACTF128 $1, Y6, X8
	VMOVLPS X5, (R12)
	VMOVHPS X5, 1088(R12)
	VMOVLPS X6, 2176(R12)
	VMOVHPS X6, 3264(R12)
	VMOVLPS X7, 4352(R12)
	VMOVHPS X7, 5440(R12)
	VMOVLPS X8, 6528(R12)
	VMOVHPS X8, 7616(R12)
	ADDQ $24, SI
	DECQ CX
	JNZ  column
	VZEROUPPER
	RET

// STEP is (*deep).step, from at to AX: SI nodes, DI keys, BX a key.
#define STEP(at, lane)                  \
	MOVL    (SI)(at*8), AX              \
	MOVBLZX AL, BX                      \
	SHRL    $8, AX                      \
	MOVL    (lane*1088)(DI)(BX*4), BX   \
	CMPL    4(SI)(at*8), BX             \
	ADCL    $0, AX // the right child where the threshold is less

#define GO(at, lane) \
	STEP(at, lane)   \
	MOVL AX, at

// ASK makes a bit of DX 1 where the step led to another node.
#define ASK(at, lane) \
	STEP(at, lane)    \
	XORL AX, at       \
	ORL  at, DX       \
	MOVL AX, at

// LEAF is the place of a leaf's values.
#define LEAF(at, lane)        \
	MOVL 4(SI)(at*8), AX      \
	MOVL AX, (lane*4)(CX)

// func walkLanes8(nodes *uint64, root uint32, sure int, at *[lanes]uint32, keys *laneKeys)
// CX sure steps left; R8 to R15 where the walks are.
TEXT ·walkLanes8(SB), NOSPLIT, $0-40
	MOVQ nodes+0(FP), SI
	MOVL root+8(FP), R8
	MOVQ sure+16(FP), CX
	MOVQ keys+32(FP), DI
	MOVL R8, R9
	MOVL R8, R10
	MOVL R8, R11
	MOVL R8, R12
	MOVL R8, R13
	MOVL R8, R14
	MOVL R8, R15

sure:
	GO(R8, 0)
	GO(R9, 1)
	GO(R10, 2)
	GO(R11, 3)
	GO(R12, 4)
	GO(R13, 5)
	GO(R14, 6)
	GO(R15, 7)
	DECQ CX
	JNZ  sure

more:
	GO(R8, 0)
	GO(R9, 1)
	GO(R10, 2)
	GO(R11, 3)
	GO(R12, 4)
	GO(R13, 5)
	GO(R14, 6)
	GO(R15, 7)
	XORL DX, DX
	ASK(R8, 0)
	ASK(R9, 1)
	ASK(R10, 2)
	ASK(R11, 3)
	ASK(R12, 4)
	ASK(R13, 5)
	ASK(R14, 6)
	ASK(R15, 7)
	TESTL DX, DX
	JNZ   more
	MOVQ  at+24(FP), CX
	LEAF(R8, 0)
	LEAF(R9, 1)
	LEAF(R10, 2)
	LEAF(R11, 3)
	LEAF(R12, 4)
	LEAF(R13, 5)
	LEAF(R14, 6)
	LEAF(R15, 7)
	RET
