//go:build !purego

#include "textflag.h"

// The tests of 64 trees in two registers of 32 bytes, or of 128 in two of 64.
// Registers: SI tests, CX places left, BX keys, DI leaves; 0 and 1 leaves, 2 this
// place, 3 ones, 12 to 15 tables of keys. A place has 384 bytes: the features
// (views) of 128 trees, the limits from 128 on, the leaves from 256 on.

// BEGIN loads the arguments; the first place is 1, as the first leaf is 0.
#define BEGIN                    \
	MOVQ     tests+0(FP), SI     \
	MOVQ     places+8(FP), CX    \
	MOVQ     keys+16(FP), BX     \
	MOVQ     leaves+24(FP), DI   \
	VPXOR    Y0, Y0, Y0          \
	VPXOR    Y1, Y1, Y1          \
	VPCMPEQB Y3, Y3, Y3          \
	VPABSB   Y3, Y3              \
	VMOVDQU  Y3, Y2

// CHOOSE goes to this place's leaf where the key is greater than the limit, so not
// the lesser of both, and where the tree below begins with the leaf.
#define CHOOSE(key, leaf, at)      \
	VPMINUB  128+at(SI), key, Y7   \
	VPCMPEQB Y7, key, Y7           \
	VPCMPEQB 256+at(SI), leaf, key \
	VPANDN   key, Y7, key          \
	VPAND    Y2, key, key          \
	VPMAXUB  key, leaf, leaf

#define NEXT              \
	CHOOSE(Y4, Y0, 0)     \
	CHOOSE(Y5, Y1, 32)    \
	VPADDB Y3, Y2, Y2     \
	ADDQ   $384, SI       \
	DECQ   CX

#define END               \
	VMOVDQU Y0, (DI)      \
	VMOVDQU Y1, 32(DI)    \
	VZEROUPPER            \
	RET

// KEY32 looks keys up in two tables: a feature's bit 4 says in which.
#define KEY32(at, key)              \
	VMOVDQU   at(SI), Y6            \
	VPSHUFB   Y6, Y12, key          \
	VPSHUFB   Y6, Y13, Y7           \
	VPSLLW    $3, Y6, Y6            \
	VPBLENDVB Y6, Y7, key, key

// KEY64 looks keys up in four tables: bits 4 and 5.
#define KEY64(at, key)              \
	VMOVDQU   at(SI), Y6            \
	VPSHUFB   Y6, Y12, key          \
	VPSHUFB   Y6, Y13, Y7           \
	VPSHUFB   Y6, Y14, Y8           \
	VPSHUFB   Y6, Y15, Y9           \
	VPSLLW    $3, Y6, Y10           \
	VPSLLW    $2, Y6, Y6            \
	VPBLENDVB Y10, Y7, key, key     \
	VPBLENDVB Y10, Y9, Y8, Y8       \
	VPBLENDVB Y6, Y8, key, key

// KEY128 looks keys up in eight tables: bits 4, 5 and 6. The second four are in
// Y5, Y9, Y10 and Y11.
#define KEY128                      \
	VMOVDQU   (SI), Y6              \
	VPSLLW    $3, Y6, Y1            \
	VPSHUFB   Y6, Y12, Y4           \
	VPSHUFB   Y6, Y13, Y7           \
	VPBLENDVB Y1, Y7, Y4, Y4        \
	VPSHUFB   Y6, Y14, Y7           \
	VPSHUFB   Y6, Y15, Y8           \
	VPBLENDVB Y1, Y8, Y7, Y7        \
	VPSLLW    $2, Y6, Y8            \
	VPBLENDVB Y8, Y7, Y4, Y4        \
	VPSHUFB   Y6, Y5, Y7            \
	VPSHUFB   Y6, Y9, Y8            \
	VPBLENDVB Y1, Y8, Y7, Y7        \
	VPSHUFB   Y6, Y10, Y8           \
	VPSHUFB   Y6, Y11, Y3           \
	VPBLENDVB Y1, Y3, Y8, Y8        \
	VPSLLW    $2, Y6, Y3            \
	VPBLENDVB Y3, Y8, Y7, Y7        \
	VPSLLW    $1, Y6, Y3            \
	VPBLENDVB Y3, Y7, Y4, Y4

// BEGINWIDE is BEGIN for registers of 64 bytes.
#define BEGINWIDE                 \
	MOVQ       tests+0(FP), SI    \
	MOVQ       places+8(FP), CX   \
	MOVQ       keys+16(FP), BX    \
	MOVQ       leaves+24(FP), DI  \
	VPXORQ     Z0, Z0, Z0         \
	VPXORQ     Z1, Z1, Z1         \
	VPTERNLOGD $0xFF, Z3, Z3, Z3  \
	VPABSB     Z3, Z3             \
	VMOVDQU64  Z3, Z2             \
	VMOVDQU64  (BX), Z12

// NEXTWIDE is NEXT: 6 is "greater".
#define NEXTWIDE                    \
	VPCMPUB  $6, 128(SI), Z4, K1    \
	VPCMPUB  $6, 192(SI), Z5, K2    \
	VPCMPEQB 256(SI), Z0, K1, K3    \
	VPCMPEQB 320(SI), Z1, K2, K4    \
	VMOVDQU8 Z2, K3, Z0             \
	VMOVDQU8 Z2, K4, Z1             \
	VPADDB   Z3, Z2, Z2             \
	ADDQ     $384, SI               \
	DECQ     CX

#define ENDWIDE                 \
	VMOVDQU64 Z0, (DI)          \
	VMOVDQU64 Z1, 64(DI)        \
	VZEROUPPER                  \
	RET

// func findLeaves16(tests *uint8, places int, keys *[mostViews]uint8, leaves *uint8)
TEXT ·findLeaves16(SB), NOSPLIT, $0-32
	BEGIN
	VBROADCASTI128 (BX), Y12
in16:
	VMOVDQU (SI), Y4
	VMOVDQU 32(SI), Y5
	VPSHUFB Y4, Y12, Y4
	VPSHUFB Y5, Y12, Y5
	NEXT
	JNZ in16
	END

// func findLeaves32(tests *uint8, places int, keys *[mostViews]uint8, leaves *uint8)
TEXT ·findLeaves32(SB), NOSPLIT, $0-32
	BEGIN
	VBROADCASTI128 (BX), Y12
	VBROADCASTI128 16(BX), Y13
in32:
	KEY32(0, Y4)
	KEY32(32, Y5)
	NEXT
	JNZ in32
	END

// func findLeaves64(tests *uint8, places int, keys *[mostViews]uint8, leaves *uint8)
TEXT ·findLeaves64(SB), NOSPLIT, $0-32
	BEGIN
	VBROADCASTI128 (BX), Y12
	VBROADCASTI128 16(BX), Y13
	VBROADCASTI128 32(BX), Y14
	VBROADCASTI128 48(BX), Y15
in64:
	KEY64(0, Y4)
	KEY64(32, Y5)
	NEXT
	JNZ in64
	END

// func findLeaves128(tests *uint8, places int, keys *[mostViews]uint8, leaves *uint8)
// It takes 32 trees through all places, then the other 32, for want of registers.
TEXT ·findLeaves128(SB), NOSPLIT, $0-32
	MOVQ tests+0(FP), R9
	MOVQ keys+16(FP), BX
	MOVQ leaves+24(FP), DI
	MOVQ $2, R8
	VBROADCASTI128 (BX), Y12
	VBROADCASTI128 16(BX), Y13
	VBROADCASTI128 32(BX), Y14
	VBROADCASTI128 48(BX), Y15
	VBROADCASTI128 64(BX), Y5
	VBROADCASTI128 80(BX), Y9
	VBROADCASTI128 96(BX), Y10
	VBROADCASTI128 112(BX), Y11
half:
	MOVQ  R9, SI
	MOVQ  places+8(FP), CX
	VPXOR Y0, Y0, Y0
	VPXOR Y2, Y2, Y2
in128:
	VPCMPEQB Y3, Y3, Y3
	VPSUBB   Y3, Y2, Y2
	KEY128
	CHOOSE(Y4, Y0, 0)
	ADDQ $384, SI
	DECQ CX
	JNZ  in128
	VMOVDQU Y0, (DI)
	ADDQ $32, DI
	ADDQ $32, R9
	DECQ R8
	JNZ  half
	VZEROUPPER
	RET

// func findLeaves64Wide(tests *uint8, places int, keys *[mostViews]uint8, leaves *uint8)
TEXT ·findLeaves64Wide(SB), NOSPLIT, $0-32
	BEGINWIDE
in64wide:
	VMOVDQU64 (SI), Z4
	VMOVDQU64 64(SI), Z5
	VPERMB    Z12, Z4, Z4
	VPERMB    Z12, Z5, Z5
	NEXTWIDE
	JNZ in64wide
	ENDWIDE

// func findLeaves128Wide(tests *uint8, places int, keys *[mostViews]uint8, leaves *uint8)
TEXT ·findLeaves128Wide(SB), NOSPLIT, $0-32
	BEGINWIDE
	VMOVDQU64 64(BX), Z13
in128wide:
	VMOVDQU64 (SI), Z4
	VMOVDQU64 64(SI), Z5
	VPERMI2B  Z13, Z12, Z4
	VPERMI2B  Z13, Z12, Z5
	NEXTWIDE
	JNZ in128wide
	ENDWIDE

// COUNT is minus how many of 16 numbers are less than each lane of Y1, in AX.
#define COUNT(from)                \
	VPCMPGTQ from, Y1, Y2          \
	VPCMPGTQ 32+from, Y1, Y3       \
	VPCMPGTQ 64+from, Y1, Y4       \
	VPCMPGTQ 96+from, Y1, Y5       \
	VPADDQ   Y3, Y2, Y2            \
	VPADDQ   Y5, Y4, Y4            \
	VPADDQ   Y4, Y2, Y2            \
	VEXTRACTI128 $1, Y2, X3        \
	VPADDQ   X3, X2, X2            \
	VPSHUFD  $0x4E, X2, X3         \
	VPADDQ   X3, X2, X2            \
	VMOVQ    X2, AX

// func rankKeys32(ranks *int64, apart int, orders *int64, n int, keys *uint8, keysApart int)
TEXT ·rankKeys32(SB), NOSPLIT, $0-48
	MOVQ ranks+0(FP), SI
	MOVQ apart+8(FP), R8
	MOVQ orders+16(FP), BX
	MOVQ n+24(FP), CX
	MOVQ keys+32(FP), DI
	MOVQ keysApart+40(FP), R9
view32:
	VPBROADCASTQ (BX), Y1
	COUNT(0(SI))
	NEGQ AX
	MOVQ AX, DX
	SHLQ $4, DX  // limits of the blocks that are less
	SHLQ $7, AX  // their bytes
	ADDQ SI, AX
	COUNT(128(AX))
	SUBQ AX, DX
	MOVB DX, (DI)
	ADDQ $8, BX
	ADDQ R9, DI
	ADDQ R8, SI
	DECQ CX
	JNZ  view32
	VZEROUPPER
	RET

// func rankKeys64(ranks *int64, apart int, orders *int64, n int, keys *uint8, keysApart int)
TEXT ·rankKeys64(SB), NOSPLIT, $0-48
	MOVQ ranks+0(FP), SI
	MOVQ apart+8(FP), R8
	MOVQ orders+16(FP), BX
	MOVQ n+24(FP), CX
	MOVQ keys+32(FP), DI
	MOVQ keysApart+40(FP), R9
view64:
	VPBROADCASTQ (BX), Z1
	VPCMPQ   $6, (SI), Z1, K1
	VPCMPQ   $6, 64(SI), Z1, K2
	KUNPCKBW K1, K2, K1
	KMOVW    K1, AX
	POPCNTL  AX, AX
	MOVL     AX, DX
	SHLL     $4, DX // limits of the blocks that are less
	SHLL     $7, AX // their bytes
	VPCMPQ   $6, 128(SI)(AX*1), Z1, K1
	VPCMPQ   $6, 192(SI)(AX*1), Z1, K2
	KUNPCKBW K1, K2, K1
	KMOVW    K1, AX
	POPCNTL  AX, AX
	ADDL     AX, DX
	MOVB     DX, (DI)
	ADDQ $8, BX
	ADDQ R9, DI
	ADDQ R8, SI
	DECQ CX
	JNZ  view64
	VZEROUPPER
	RET
