// Package faults holds the tests that break the program from outside: they kill the server
// and its database, cut and freeze the network between them, and ask afterwards whether
// anything that was acknowledged is lost, doubled or out of order.
//
// Each test prints its seed, has a long form by -rounds or -operations, and a broken
// variant that it must find out. The package offers nothing to others.
package faults
