#include "textflag.h"

// The loops of kernel.go with the vector instructions AVX2, four values at a time.

// func tallyVectors(t *tally, values *float64, n int, shift float64)
TEXT ·tallyVectors(SB), NOSPLIT, $0-32
	MOVQ         t+0(FP), DI
	MOVQ         values+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSD shift+24(FP), Y15
	VMOVUPD      0(DI), Y0    // the least
	VMOVUPD      32(DI), Y1   // the greatest
	VMOVUPD      64(DI), Y2   // sums, two strands
	VMOVUPD      96(DI), Y3
	VMOVUPD      128(DI), Y4  // squares, two strands
	VMOVUPD      160(DI), Y5
	VMOVDQU      192(DI), Y6  // missing
	VMOVDQU      224(DI), Y7  // not whole
	SHRQ         $3, CX
	JZ           done
rows:
	VMOVUPD  (SI), Y8
	VMOVUPD  32(SI), Y9
	VMINPD   Y0, Y8, Y0       // what is not a number leaves the least as it is
	VMAXPD   Y1, Y8, Y1
	VMINPD   Y0, Y9, Y0
	VMAXPD   Y1, Y9, Y1
	VROUNDPD $11, Y8, Y10     // towards 0
	VROUNDPD $11, Y9, Y11
	VCMPPD   $0x0C, Y10, Y8, Y10 // another number
	VCMPPD   $0x0C, Y11, Y9, Y11
	VPOR     Y10, Y7, Y7
	VPOR     Y11, Y7, Y7
	VCMPPD   $3, Y8, Y8, Y10  // not a number
	VCMPPD   $3, Y9, Y9, Y11
	VPSUBQ   Y10, Y6, Y6
	VPSUBQ   Y11, Y6, Y6
	VSUBPD   Y15, Y8, Y8
	VSUBPD   Y15, Y9, Y9
	VANDNPD  Y8, Y10, Y8
	VANDNPD  Y9, Y11, Y9
	VADDPD   Y8, Y2, Y2
	VADDPD   Y9, Y3, Y3
	VMULPD   Y8, Y8, Y8
	VMULPD   Y9, Y9, Y9
	VADDPD   Y8, Y4, Y4
	VADDPD   Y9, Y5, Y5
	ADDQ     $64, SI
	DECQ     CX
	JNZ      rows
done:
	VMOVUPD Y0, 0(DI)
	VMOVUPD Y1, 32(DI)
	VMOVUPD Y2, 64(DI)
	VMOVUPD Y3, 96(DI)
	VMOVUPD Y4, 128(DI)
	VMOVUPD Y5, 160(DI)
	VMOVDQU Y6, 192(DI)
	VMOVDQU Y7, 224(DI)
	VZEROUPPER
	RET

// For each set of four values that are kept, where their eight halves come from.
DATA kept<>+0x00(SB)/8, $0x0000000000000000
DATA kept<>+0x08(SB)/8, $0x0000000000000100
DATA kept<>+0x10(SB)/8, $0x0000000000000302
DATA kept<>+0x18(SB)/8, $0x0000000003020100
DATA kept<>+0x20(SB)/8, $0x0000000000000504
DATA kept<>+0x28(SB)/8, $0x0000000005040100
DATA kept<>+0x30(SB)/8, $0x0000000005040302
DATA kept<>+0x38(SB)/8, $0x0000050403020100
DATA kept<>+0x40(SB)/8, $0x0000000000000706
DATA kept<>+0x48(SB)/8, $0x0000000007060100
DATA kept<>+0x50(SB)/8, $0x0000000007060302
DATA kept<>+0x58(SB)/8, $0x0000070603020100
DATA kept<>+0x60(SB)/8, $0x0000000007060504
DATA kept<>+0x68(SB)/8, $0x0000070605040100
DATA kept<>+0x70(SB)/8, $0x0000070605040302
DATA kept<>+0x78(SB)/8, $0x0706050403020100
GLOBL kept<>(SB), RODATA|NOPTR, $128

// func gatherVectors(values *float64, n int, low, high float64, to *float64) (inside, below int)
TEXT ·gatherVectors(SB), NOSPLIT, $0-56
	MOVQ         values+0(FP), SI
	MOVQ         n+8(FP), CX
	VBROADCASTSD low+16(FP), Y0
	VBROADCASTSD high+24(FP), Y1
	MOVQ         to+32(FP), DI
	LEAQ         kept<>(SB), R8
	XORQ         R9, R9
	VPXOR        Y2, Y2, Y2
	SHRQ         $2, CX
	JZ           done
rows:
	VMOVUPD   (SI), Y3
	VCMPPD    $0x11, Y0, Y3, Y4 // below low
	VCMPPD    $0x1D, Y0, Y3, Y5 // low or above
	VCMPPD    $0x12, Y1, Y3, Y6 // high or below
	VPSUBQ    Y4, Y2, Y2
	VANDPD    Y5, Y6, Y5
	VMOVMSKPD Y5, AX
	VPMOVZXBD (R8)(AX*8), Y7
	VPERMD    Y3, Y7, Y8
	VMOVUPD   Y8, (DI)(R9*8)
	POPCNTL   AX, AX
	ADDQ      AX, R9
	ADDQ      $32, SI
	DECQ      CX
	JNZ       rows
done:
	MOVQ         R9, inside+40(FP)
	VEXTRACTI128 $1, Y2, X3
	VPADDQ       X3, X2, X2
	VPSRLDQ      $8, X2, X3
	VPADDQ       X3, X2, X2
	MOVQ         X2, below+48(FP)
	VZEROUPPER
	RET
