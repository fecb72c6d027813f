// Command program is the service that conformance tests of targets run. It
// answers with its version, and misbehaves when asked to.
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	if why := os.Getenv("FAIL"); why != "" {
		fmt.Println("cannot start:", why)
		os.Exit(3)
	}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM)
	server := &http.Server{
		Addr:              net.JoinHostPort(os.Getenv("HOST"), os.Getenv("PORT")),
		Handler:           http.HandlerFunc(answer),
		ReadHeaderTimeout: 10 * time.Second,
	}
	go func() {
		<-ended
		if os.Getenv("STUBBORN") == "" {
			fmt.Println("ended by request")
			os.Exit(0)
		}
	}()
	fmt.Println("version", os.Getenv("VERSION"), "listens")
	if err := server.ListenAndServe(); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

var hoard [][]byte

func answer(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/crash":
		fmt.Println("crashing")
		os.Exit(7)
	case "/say":
		fmt.Println(r.URL.Query().Get("text"))
	case "/slow":
		ms, _ := strconv.Atoi(r.URL.Query().Get("ms"))
		time.Sleep(time.Duration(ms) * time.Millisecond)
	case "/eat":
		for range 256 {
			block := make([]byte, 1<<20)
			for i := range block {
				block[i] = 1
			}
			hoard = append(hoard, block)
		}
	case "/environment":
		_, _ = fmt.Fprintln(w, strings.Join(os.Environ(), "\n"))
		return
	case "/who":
		_, _ = fmt.Fprintf(w, "%d %d", os.Getuid(), os.Getpid())
		return
	case "/headers":
		for name, values := range r.Header {
			_, _ = fmt.Fprintf(w, "%s: %s\n", name, strings.Join(values, ", ")) //nolint:gosec // text/plain, for tests
		}
		_, _ = fmt.Fprintf(w, "Host: %s\n", r.Host) //nolint:gosec // text/plain, for tests
		return
	case "/file":
		text, err := os.ReadFile(r.URL.Query().Get("name")) //nolint:gosec // what it may read is what is tested
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		_, _ = w.Write(text) //nolint:gosec // for tests
		return
	}
	_, _ = fmt.Fprintf(w, "version %s", os.Getenv("VERSION"))
}
