//go:build !linux

package load

import "forklore/runner/work"

func generate(Plan) (Result, error) {
	return Result{}, work.Unavailable{Reason: "the load generator needs epoll and timerfd, which Linux has"}
}
