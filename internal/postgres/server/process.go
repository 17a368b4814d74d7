package server

import (
	"os/exec"
	"runtime"
)

// launch starts cmd; the channel gives its end. The thread that starts a child
// lives as long as the child: on Linux the death signal is sent when that thread
// ends, not when the program does, and Go ends idle threads as it likes.
func launch(cmd *exec.Cmd) (<-chan error, error) {
	started := make(chan error, 1)
	ended := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			ended <- cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return ended, nil
}
