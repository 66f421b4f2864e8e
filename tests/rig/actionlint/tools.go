//go:build tools

// Names the program that the module is pinned for.
package tools

import _ "github.com/rhysd/actionlint/cmd/actionlint"
