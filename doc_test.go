// Package dasier_test holds the rules of the whole house: which package may
// import which (floors.txt), and how code here is written (policy_test.go).
package dasier_test
