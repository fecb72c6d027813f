#include "textflag.h"

// The loops of kernel.go with the vector instructions AVX2 and FMA, four rows at
// a time. A block is 128 rows, 1024 bytes of a column.

// GATHER sums each of four registers into one of four numbers.
#define GATHER(a, b, c, d, t) \
	VHADDPD    b, a, a        \
	VHADDPD    d, c, c        \
	VPERM2F128 $0x21, c, a, t \
	VBLENDPD   $0xC, c, a, a  \
	VADDPD     t, a, a

// func tileVectors(a *[4]*[block]float64, b *[3]*[block]float64, sums *[12]float64)
TEXT ·tileVectors(SB), NOSPLIT, $0-24
	MOVQ   a+0(FP), AX
	MOVQ   b+8(FP), BX
	MOVQ   sums+16(FP), DI
	MOVQ   0(AX), R8
	MOVQ   8(AX), R9
	MOVQ   16(AX), R10
	MOVQ   24(AX), R11
	MOVQ   0(BX), R12
	MOVQ   8(BX), R13
	MOVQ   16(BX), SI
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1
	VXORPD Y2, Y2, Y2
	VXORPD Y3, Y3, Y3
	VXORPD Y4, Y4, Y4
	VXORPD Y5, Y5, Y5
	VXORPD Y6, Y6, Y6
	VXORPD Y7, Y7, Y7
	VXORPD Y8, Y8, Y8
	VXORPD Y9, Y9, Y9
	VXORPD Y10, Y10, Y10
	VXORPD Y11, Y11, Y11
	XORQ   CX, CX
rows:
	VMOVUPD     (R12)(CX*1), Y12
	VMOVUPD     (R13)(CX*1), Y13
	VMOVUPD     (SI)(CX*1), Y14
	VMOVUPD     (R8)(CX*1), Y15
	VFMADD231PD Y12, Y15, Y0
	VFMADD231PD Y13, Y15, Y4
	VFMADD231PD Y14, Y15, Y8
	VMOVUPD     (R9)(CX*1), Y15
	VFMADD231PD Y12, Y15, Y1
	VFMADD231PD Y13, Y15, Y5
	VFMADD231PD Y14, Y15, Y9
	VMOVUPD     (R10)(CX*1), Y15
	VFMADD231PD Y12, Y15, Y2
	VFMADD231PD Y13, Y15, Y6
	VFMADD231PD Y14, Y15, Y10
	VMOVUPD     (R11)(CX*1), Y15
	VFMADD231PD Y12, Y15, Y3
	VFMADD231PD Y13, Y15, Y7
	VFMADD231PD Y14, Y15, Y11
	ADDQ        $32, CX
	CMPQ        CX, $1024
	JLT         rows
	GATHER(Y0, Y1, Y2, Y3, Y12)
	GATHER(Y4, Y5, Y6, Y7, Y13)
	GATHER(Y8, Y9, Y10, Y11, Y14)
	VMOVUPD     Y0, 0(DI)
	VMOVUPD     Y4, 32(DI)
	VMOVUPD     Y8, 64(DI)
	VZEROUPPER
	RET

// func add4Vectors(to, a, b, c, d *[block]float64, w *float64)
TEXT ·add4Vectors(SB), NOSPLIT, $0-48
	MOVQ         to+0(FP), DI
	MOVQ         a+8(FP), R8
	MOVQ         b+16(FP), R9
	MOVQ         c+24(FP), R10
	MOVQ         d+32(FP), R11
	MOVQ         w+40(FP), AX
	VBROADCASTSD 0(AX), Y0
	VBROADCASTSD 8(AX), Y1
	VBROADCASTSD 16(AX), Y2
	VBROADCASTSD 24(AX), Y3
	XORQ         CX, CX
rows:
	VMOVUPD      (DI)(CX*1), Y4
	VMULPD       (R8)(CX*1), Y0, Y5
	VFMADD231PD  (R9)(CX*1), Y1, Y4
	VFMADD231PD  (R10)(CX*1), Y2, Y5
	VFMADD231PD  (R11)(CX*1), Y3, Y4
	VADDPD       Y5, Y4, Y4
	VMOVUPD      Y4, (DI)(CX*1)
	ADDQ         $32, CX
	CMPQ         CX, $1024
	JLT          rows
	VZEROUPPER
	RET

// func dot4Vectors(v, a, b, c, d *[block]float64, sums *[4]float64)
TEXT ·dot4Vectors(SB), NOSPLIT, $0-48
	MOVQ   v+0(FP), DI
	MOVQ   a+8(FP), R8
	MOVQ   b+16(FP), R9
	MOVQ   c+24(FP), R10
	MOVQ   d+32(FP), R11
	MOVQ   sums+40(FP), AX
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1
	VXORPD Y2, Y2, Y2
	VXORPD Y3, Y3, Y3
	VXORPD Y4, Y4, Y4
	VXORPD Y5, Y5, Y5
	VXORPD Y6, Y6, Y6
	VXORPD Y7, Y7, Y7
	XORQ   CX, CX
rows:
	VMOVUPD     (DI)(CX*1), Y8
	VMOVUPD     32(DI)(CX*1), Y9
	VFMADD231PD (R8)(CX*1), Y8, Y0
	VFMADD231PD 32(R8)(CX*1), Y9, Y4
	VFMADD231PD (R9)(CX*1), Y8, Y1
	VFMADD231PD 32(R9)(CX*1), Y9, Y5
	VFMADD231PD (R10)(CX*1), Y8, Y2
	VFMADD231PD 32(R10)(CX*1), Y9, Y6
	VFMADD231PD (R11)(CX*1), Y8, Y3
	VFMADD231PD 32(R11)(CX*1), Y9, Y7
	ADDQ        $64, CX
	CMPQ        CX, $1024
	JLT         rows
	VADDPD      Y4, Y0, Y0
	VADDPD      Y5, Y1, Y1
	VADDPD      Y6, Y2, Y2
	VADDPD      Y7, Y3, Y3
	GATHER(Y0, Y1, Y2, Y3, Y12)
	VMOVUPD     Y0, 0(AX)
	VZEROUPPER
	RET

// func scaleVectors(to, from *float64, n int, impute, center, inverse float64)
TEXT ·scaleVectors(SB), NOSPLIT, $0-48
	MOVQ         to+0(FP), DI
	MOVQ         from+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSD impute+24(FP), Y0
	VBROADCASTSD center+32(FP), Y1
	VBROADCASTSD inverse+40(FP), Y2
	SHRQ         $2, CX
	JZ           done
rows:
	VMOVUPD      (SI), Y3
	VCMPPD       $3, Y3, Y3, Y4 // not a number
	VBLENDVPD    Y4, Y0, Y3, Y3
	VSUBPD       Y1, Y3, Y3
	VMULPD       Y2, Y3, Y3
	VMOVUPD      Y3, (DI)
	ADDQ         $32, SI
	ADDQ         $32, DI
	DECQ         CX
	JNZ          rows
done:
	VZEROUPPER
	RET

// func dotVectors(a, b *float64, n int) float64
TEXT ·dotVectors(SB), NOSPLIT, $0-32
	MOVQ   a+0(FP), SI
	MOVQ   b+8(FP), DI
	MOVQ   n+16(FP), CX
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1
	VXORPD Y2, Y2, Y2
	VXORPD Y3, Y3, Y3
	SHRQ   $4, CX
	JZ     done
rows:
	VMOVUPD     (SI), Y4
	VMOVUPD     32(SI), Y5
	VMOVUPD     64(SI), Y6
	VMOVUPD     96(SI), Y7
	VFMADD231PD (DI), Y4, Y0
	VFMADD231PD 32(DI), Y5, Y1
	VFMADD231PD 64(DI), Y6, Y2
	VFMADD231PD 96(DI), Y7, Y3
	ADDQ        $128, SI
	ADDQ        $128, DI
	DECQ        CX
	JNZ         rows
done:
	GATHER(Y0, Y1, Y2, Y3, Y12)
	VEXTRACTF128 $1, Y0, X1
	VADDPD       X1, X0, X0
	VHADDPD      X0, X0, X0
	VMOVSD       X0, ret+24(FP)
	VZEROUPPER
	RET

// func axpyVectors(c float64, from, to *float64, n int)
TEXT ·axpyVectors(SB), NOSPLIT, $0-32
	VBROADCASTSD c+0(FP), Y0
	MOVQ         from+8(FP), SI
	MOVQ         to+16(FP), DI
	MOVQ         n+24(FP), CX
	SHRQ         $4, CX
	JZ           done
rows:
	VMOVUPD      (DI), Y1
	VMOVUPD      32(DI), Y2
	VMOVUPD      64(DI), Y3
	VMOVUPD      96(DI), Y4
	VFMADD231PD  (SI), Y0, Y1
	VFMADD231PD  32(SI), Y0, Y2
	VFMADD231PD  64(SI), Y0, Y3
	VFMADD231PD  96(SI), Y0, Y4
	VMOVUPD      Y1, (DI)
	VMOVUPD      Y2, 32(DI)
	VMOVUPD      Y3, 64(DI)
	VMOVUPD      Y4, 96(DI)
	ADDQ         $128, SI
	ADDQ         $128, DI
	DECQ         CX
	JNZ          rows
done:
	VZEROUPPER
	RET
