package learn

import "context"

type progressKey struct{}

// WithProgress lets learners under this context tell how much of a fit is done:
// steps of a total that the learner chooses (trees, rounds, iterations). It is
// called from one goroutine at a time and must return quickly.
func WithProgress(ctx context.Context, tell func(done, total int)) context.Context {
	return context.WithValue(ctx, progressKey{}, tell)
}

// Progress tells the listener of the context, if there is one.
func Progress(ctx context.Context, done, total int) {
	if tell, ok := ctx.Value(progressKey{}).(func(done, total int)); ok && tell != nil {
		tell(done, total)
	}
}
