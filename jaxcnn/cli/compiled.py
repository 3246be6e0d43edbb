"""Where compiled programs are kept between runs, so that the second start of a command need not compile.

The first of these that is given: the option `--compiled`, the environment variables JAXCNN_COMPILED and
JAX_COMPILATION_CACHE_DIR (JAX's own), and `jaxcnn/compiled` in the user's cache folder. "off" keeps nothing. JAX names
each program by a sum of itself, of the compiler and of the machine, so that the folder may be kept over updates, and
removed at any time.
"""

import os
import sys
from pathlib import Path

import jax

from jaxcnn.datasets.locations import user_cache

VARIABLE = "JAXCNN_COMPILED"
OFF = "off"


def keep_compiled(chosen: str | None = None) -> Path | None:
    """Let JAX keep every compiled program in a folder, and return it; None if it is off.

    Args:
        chosen: the folder, "off", or None for the environment's choice or else the user's cache folder.

    Raises:
        OSError: if a folder that was chosen cannot be written; where nobody chose, nothing is kept and a line on
            stderr says so.
    """
    chosen = chosen or os.environ.get(VARIABLE) or os.environ.get("JAX_COMPILATION_CACHE_DIR")
    if chosen == OFF:
        jax.config.update("jax_enable_compilation_cache", False)
        return None
    folder = Path(chosen).expanduser() if chosen else user_cache() / "compiled"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError("no permission to write into it")
    except OSError as error:
        reason = f"compiled programs cannot be kept in {folder}: {error.strerror or error}"
        if chosen:
            raise OSError(f"{reason}: choose another folder, or '{OFF}'.") from error
        print(f"jaxcnn: {reason}; set {VARIABLE} to another folder, or to '{OFF}'.", file=sys.stderr)
        return None
    jax.config.update("jax_compilation_cache_dir", str(folder))
    # Every program counts: most take less than JAX's default of one second, and there are many of them.
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    return folder
