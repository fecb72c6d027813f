package meter

import "context"

// Store keeps what tokens used per day.
type Store interface {
	// AddUsage adds to what tokens used on a day ("2006-01-02"). A token that was
	// revoked meanwhile is passed over.
	AddUsage(ctx context.Context, day string, used map[int64]int64) error
	// Usage is what tokens used on a day; those that used nothing are left out.
	Usage(ctx context.Context, day string, tokens []int64) (map[int64]int64, error)
	// ForgetUsage removes the days before one.
	ForgetUsage(ctx context.Context, before string) error
}
