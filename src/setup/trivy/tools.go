//go:build tools

// Package tools pins the Trivy that `build setup --scanner` builds: go.mod names its version, go.sum what it is made of.
package tools

import _ "github.com/aquasecurity/trivy/cmd/trivy"
