"""What a reader must know to compare times, or numbers, with those of another machine."""

import datetime as dt
import os
import platform
from importlib.metadata import version
from typing import Any

import numpy as np

_FLAGS = ("avx2", "avx512f", "asimd", "sve")


def machine() -> dict[str, Any]:
    """Return what a reader must know to compare times: processor, versions and date."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "vector instructions": [flag for flag in _FLAGS if flag in _cpuinfo("flags").split()],
        "BLAS": _blas(),
        "system": platform.system(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in ("hessbound", "numba", "numpy", "scipy")},
        "date": dt.date.today().isoformat(),
    }


def processor() -> str:
    """Return the processor's name, or its architecture where the system does not tell."""
    return _cpuinfo("model name") or platform.processor() or platform.machine()


def _cpuinfo(field: str) -> str:
    """Return the first value of a field of /proc/cpuinfo, empty where there is none."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            for line in lines:
                name, _, value = line.partition(":")
                if name.strip() == field:
                    return value.strip()
    except OSError:
        pass
    return ""


def _blas() -> str:
    """Return NumPy's BLAS, with the kernels that the environment forces on it, if any."""
    config: Any = np.show_config(mode="dicts")
    blas = config["Build Dependencies"]["blas"]
    forced = os.environ.get("OPENBLAS_CORETYPE")
    return f"{blas['name']} {blas['version']}" + (f", kernels for {forced}" if forced else "")
