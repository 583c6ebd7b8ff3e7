"""Any other image: the entrypoint runs as one process for each host, on this machine."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from launch.emulate import absent_modules
from launch.emulate.opt_ml import Host
from launch.emulate.opt_ml_mount import find_mount
from launch.emulate.scene import Scene
from launch.errors import LaunchError
from launch.java import java_home
from launch.processes import Processes

_SKLEARN = "/sagemaker-scikit-learn:"
_OPT_ML = re.compile(r"(?<![\w.-])/opt/ml(?![\w.-])")
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_ENDPOINTS = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3")


class ScriptHosts:
    """One job of the scikit-learn image, or of an image of the user's own."""

    def __init__(self, scene: Scene) -> None:
        """Read the request's entrypoint; LaunchError where only the image knows it."""
        image = scene.request["AppSpecification"]
        self._scene = scene
        self._image = str(image["ImageUri"])
        if not image.get("ContainerEntrypoint"):
            raise LaunchError(
                f"the request leaves the entrypoint to {self._image}, which is not run here; give "
                "command (and script) in launch.yaml to play the job"
            )
        self._words = [*image["ContainerEntrypoint"], *image.get("ContainerArguments", ())]

    @contextmanager
    def started(self, hosts: Sequence[Host], processes: Processes) -> Iterator[Sequence[str]]:
        """Start the container's command for each host; give the processes' names."""
        self._say_what_differs()
        names = []
        for host in hosts:
            names.append(f"{host.name}/container")
            mount = find_mount(host)
            if mount is None and host is hosts[0]:
                self._scene.note(
                    "this system lets nothing be mounted at /opt/ml: those paths are replaced in "
                    "arguments and environment; code that opens them by itself fails here"
                )
            command = [text if mount else _rewrite(text, host) for text in self._words]
            env = self._environment(host, mounted=mount is not None)
            processes.start(names[-1], [*(mount or ()), *command], env=env, cwd=host.root)
        yield names

    def look_after(self) -> None:
        """Do nothing: such a job has no event log."""

    def _say_what_differs(self) -> None:
        python = f"{sys.version_info.major}.{sys.version_info.minor}"
        if _SKLEARN in self._image:
            self._scene.note(
                f"the scikit-learn image is played by this project's Python {python}, without "
                f"the modules that the image lacks ({', '.join(absent_modules.ABSENT)})"
            )
        else:
            self._scene.note(
                f"{self._image} is not run here: its command is, with this machine's programs and "
                f"this project's Python {python}"
            )

    def _environment(self, host: Host, *, mounted: bool) -> dict[str, str]:
        """Return the request's variables, and the little that an image itself sets."""
        given = self._scene.environment
        home = host.root / "root"
        home.mkdir(exist_ok=True)
        # The guard and the mount need a PATH as well; this project's Python is python3 there.
        env = {"PATH": f"{Path(sys.executable).parent}:{_SYSTEM_PATH}", "HOME": str(home)}
        if not self._isolated:
            env |= self._scene.store.environment()
            env |= {name: os.environ[name] for name in _ENDPOINTS if os.environ.get(name)}
        if _SKLEARN not in self._image:
            env = _with_java(env)
        if not mounted:
            given = {name: _rewrite(text, host) for name, text in given.items()}
            env["SAGEMAKER_BASE_DIR"] = str(host.opt_ml)
        env |= given
        return self._hiding(env, host) if _SKLEARN in self._image else env

    @property
    def _isolated(self) -> bool:
        network = self._scene.request.get("NetworkConfig") or {}
        return bool(network.get("EnableNetworkIsolation"))

    def _hiding(self, env: Mapping[str, str], host: Host) -> dict[str, str]:
        """Put what hides the image's absent modules first on PYTHONPATH."""
        folder = host.root / "hidden"
        folder.mkdir(exist_ok=True)
        shutil.copyfile(absent_modules.__file__, folder / "sitecustomize.py")
        paths = [str(folder), *filter(None, [env.get("PYTHONPATH")])]
        return {**env, "PYTHONPATH": os.pathsep.join(paths)}


def _with_java(env: Mapping[str, str]) -> dict[str, str]:
    """Add this machine's Java, which stands for the image's."""
    try:
        home = java_home()
    except LookupError:
        return dict(env)
    return {**env, "JAVA_HOME": str(home), "PATH": f"{home}/bin:{env['PATH']}"}


def _rewrite(text: str, host: Host) -> str:
    """Point every ``/opt/ml/…`` to a host's own tree."""
    return _OPT_ML.sub(lambda _: str(host.opt_ml), text)
