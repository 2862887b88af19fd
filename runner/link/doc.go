// Package link is how workers talk to each other.
package link
