//go:build !purego

#include "textflag.h"

// The loops of list.go, for all columns of a node in one call, with the vector
// instructions AVX2. Both read up to eight entries beyond a list, and leave what
// is there as it was.

DATA counting<>+0(SB)/8, $0.0
DATA counting<>+8(SB)/8, $1.0
DATA counting<>+16(SB)/8, $2.0
DATA counting<>+24(SB)/8, $3.0
DATA counting<>+32(SB)/8, $4.0
GLOBL counting<>(SB), RODATA|NOPTR, $40

// LATER makes the better of two pairs of scores the first: the greater, of equal
// ones that of the smaller place.
#define LATER \
	VCMPPD    $30, X11, X0, X2 \
	VCMPPD    $0, X11, X0, X3  \
	VCMPPD    $17, X8, X1, X4  \
	VANDPD    X4, X3, X3       \
	VORPD     X3, X2, X2       \
	VBLENDVPD X2, X0, X11, X11 \
	VBLENDVPD X2, X1, X8, X8

// func scanVectors(lists *uint32, starts *int32, live *uint16, n int, masses *mass, length, minRows int, whole, mean float64, found *found)
// Four cuts at a time. Registers: R8 lists, R9 starts, R10 live, R11 columns left,
// DI masses, R15 found, SI entry, CX cuts left; X15 what is on the left, Y12 mean,
// Y13 whole, Y9 places, Y10 the last place, Y14 four, Y11 the best scores, Y8 their
// places, X7 zero.
TEXT ·scanVectors(SB), NOSPLIT, $0-80
	MOVQ         lists+0(FP), R8
	MOVQ         starts+8(FP), R9
	MOVQ         live+16(FP), R10
	MOVQ         n+24(FP), R11
	MOVQ         masses+32(FP), DI
	MOVQ         length+40(FP), R12
	MOVQ         minRows+48(FP), R13
	VBROADCASTSD whole+56(FP), Y13
	VBROADCASTSD mean+64(FP), Y12
	MOVQ         found+72(FP), R15
	VBROADCASTSD counting<>+32(SB), Y14
	VXORPD       X7, X7, X7
	DECQ         R13              // entries before the first cut's

column:
	MOVWLZX (R10), AX
	MOVLQSX (R9)(AX*4), AX
	TESTQ   AX, AX
	JLT     next                  // it has no list
	LEAQ    (R8)(AX*4), SI
	VXORPD  X15, X15, X15
	MOVQ    R13, DX
	TESTQ   DX, DX
	JZ      begin
before:
	MOVWLZX (SI), AX
	SHLQ    $4, AX
	VADDPD  (DI)(AX*1), X15, X15
	ADDQ    $4, SI
	DECQ    DX
	JNZ     before
begin:
	VXORPD       X0, X0, X0
	VCVTSI2SDQ   R13, X0, X0
	VBROADCASTSD X0, Y0
	VADDPD       counting<>+0(SB), Y0, Y9
	MOVQ         R12, CX
	SUBQ         R13, CX
	SUBQ         $2, CX           // the last place
	VXORPD       X0, X0, X0
	VCVTSI2SDQ   CX, X0, X0
	VBROADCASTSD X0, Y10
	SUBQ         R13, CX
	INCQ         CX
	VPCMPEQD     Y11, Y11, Y11
	VPSLLQ       $54, Y11, Y11
	VPSRLQ       $2, Y11, Y11
	VPCMPEQD     Y0, Y0, Y0
	VPSLLQ       $63, Y0, Y0
	VORPD        Y0, Y11, Y11     // -1: sign and the exponent of 1
	VXORPD       Y8, Y8, Y8

four:
	MOVWLZX     (SI), AX
	MOVWLZX     4(SI), BX
	MOVWLZX     8(SI), DX
	MOVWLZX     12(SI), R14
	SHLQ        $4, AX
	SHLQ        $4, BX
	SHLQ        $4, DX
	SHLQ        $4, R14
	VMOVUPD     (DI)(AX*1), X0
	VMOVUPD     (DI)(BX*1), X1
	VMOVUPD     (DI)(DX*1), X2
	VMOVUPD     (DI)(R14*1), X3
	VADDPD      X1, X0, X1
	VADDPD      X3, X2, X3
	VADDPD      X0, X15, X4
	VADDPD      X1, X15, X5
	VADDPD      X2, X5, X6
	VADDPD      X3, X5, X15
	VINSERTF128 $1, X6, Y4, Y4
	VINSERTF128 $1, X15, Y5, Y5
	VUNPCKLPD   Y5, Y4, Y0        // sums
	VUNPCKHPD   Y5, Y4, Y1        // weights
	VMULPD      Y1, Y12, Y2
	VSUBPD      Y2, Y0, Y2
	VSUBPD      Y1, Y13, Y3
	VMULPD      Y1, Y3, Y3
	VMULPD      Y2, Y2, Y2
	VDIVPD      Y3, Y2, Y2
	VMOVDQU     (SI), X0
	VPXOR       4(SI), X0, X0
	VPSRLD      $16, X0, X0
	VPCMPEQD    X7, X0, X0        // the same code
	VPMOVSXDQ   X0, Y0
	VCMPPD      $30, Y10, Y9, Y1  // beyond the last
	VORPD       Y0, Y2, Y2
	VORPD       Y1, Y2, Y2        // no numbers, which are not greater
	VCMPPD      $30, Y11, Y2, Y1
	VMAXPD      Y11, Y2, Y11
	VBLENDVPD   Y1, Y9, Y8, Y8
	VADDPD      Y14, Y9, Y9
	ADDQ        $16, SI
	SUBQ        $4, CX
	JG          four

	VEXTRACTF128 $1, Y11, X0
	VEXTRACTF128 $1, Y8, X1
	LATER
	VUNPCKHPD    X11, X11, X0
	VUNPCKHPD    X8, X8, X1
	LATER
	VMOVSD       X11, (R15)
	VCVTTSD2SIQ  X8, AX
	INCQ         AX
	MOVQ         AX, 8(R15)

next:
	ADDQ $16, R15
	ADDQ $2, R10
	DECQ R11
	JNZ  column
	VZEROUPPER
	RET

// SIDE puts the side of an entry behind those before it.
#define SIDE(at) \
	MOVWLZX at(SI), DX      \
	MOVBLZX (DI)(DX*1), DX  \
	LEAQ    (DX)(AX*2), AX

// func divideVectors(lists *uint32, starts *int32, live *uint16, n int, side *uint8, length int, spare *uint32, skip int, right bool, orders *[256]uint64)
// Eight entries at a time: their sides are a number, which says where each goes.
// Registers: R8 lists, R9 starts, R10 live, R11 columns left, DI sides, R12 orders,
// SI entry, CX entries left, BX where the next one on the left goes, R13 the next
// on the right, in spare.
TEXT ·divideVectors(SB), NOSPLIT, $0-80
	MOVQ lists+0(FP), R8
	MOVQ starts+8(FP), R9
	MOVQ live+16(FP), R10
	MOVQ n+24(FP), R11
	MOVQ side+32(FP), DI
	MOVQ orders+72(FP), R12

column:
	MOVWLZX (R10), AX
	CMPQ    AX, skip+56(FP)
	JEQ     next
	MOVLQSX (R9)(AX*4), AX
	TESTQ   AX, AX
	JLT     next
	LEAQ    (R8)(AX*4), SI
	MOVQ    SI, BX
	MOVQ    length+40(FP), CX
	LEAQ    (SI)(CX*4), R15
	VMOVDQU (R15), Y4             // what is behind the list
	MOVQ    spare+48(FP), R13

eight:
	MOVWLZX (SI), DX
	MOVBLZX (DI)(DX*1), AX
	SIDE(4)
	SIDE(8)
	SIDE(12)
	SIDE(16)
	SIDE(20)
	SIDE(24)
	SIDE(28)
	CMPQ    CX, $8
	JGE     all
	MOVL    $0xff, DX
	SHRL    CX, DX
	ORL     DX, AX                // what is beyond goes right, behind what counts
all:
	VMOVDQU   (SI), Y0
	VPMOVZXBD (R12)(AX*8), Y1
	POPCNTL   AX, DX
	XORL      $0xff, AX
	VPMOVZXBD (R12)(AX*8), Y2
	VPERMD    Y0, Y1, Y1
	VPERMD    Y0, Y2, Y2
	VMOVDQU   Y1, (BX)
	VMOVDQU   Y2, (R13)
	LEAQ      (R13)(DX*4), R13
	SHLQ      $2, DX
	SUBQ      DX, BX
	ADDQ      $32, BX
	ADDQ      $32, SI
	SUBQ      $8, CX
	JG        eight

	MOVBLZX right+64(FP), AX
	TESTL   AX, AX
	JZ      restore
	MOVQ    spare+48(FP), R13
back:
	CMPQ    BX, R15
	JGE     restore
	VMOVDQU (R13), Y0
	VMOVDQU Y0, (BX)
	ADDQ    $32, R13
	ADDQ    $32, BX
	JMP     back
restore:
	VMOVDQU Y4, (R15)

next:
	ADDQ $2, R10
	DECQ R11
	JNZ  column
	VZEROUPPER
	RET
