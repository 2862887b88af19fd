package load

import "errors"

func generate(Plan) (Result, error) {
	return Result{}, errors.New("the event loop is not built yet")
}
