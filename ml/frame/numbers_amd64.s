#include "textflag.h"

// func widenVectors(to *float64, from *float32, n int)
TEXT ·widenVectors(SB), NOSPLIT, $0-24
	MOVQ to+0(FP), DI
	MOVQ from+8(FP), SI
	MOVQ n+16(FP), CX

loop:
	CVTPS2PD 0(SI), X0
	CVTPS2PD 8(SI), X1
	CVTPS2PD 16(SI), X2
	CVTPS2PD 24(SI), X3
	MOVUPD   X0, 0(DI)
	MOVUPD   X1, 16(DI)
	MOVUPD   X2, 32(DI)
	MOVUPD   X3, 48(DI)
	ADDQ     $32, SI
	ADDQ     $64, DI
	SUBQ     $8, CX
	JNZ      loop
	RET
