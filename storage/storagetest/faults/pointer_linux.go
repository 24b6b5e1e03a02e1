package faults

import "unsafe"

// pointer is the address of an argument, for the system call in whose list it stands.
func pointer[T any](p *T) uintptr { return uintptr(unsafe.Pointer(p)) }
