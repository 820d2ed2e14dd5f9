"""Python runs this when it starts, since ``flaskscope run`` put this folder first on PYTHONPATH.

Nothing else may ever lie in this folder. Also Pythons that are too old for the tracer come by here
and go on untraced, so this is written in words that they know.
"""

import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))
# Of this process alone: its children find the folder in the environment.
sys.path[:] = [folder for folder in sys.path if os.path.abspath(folder) != _HERE]

if sys.version_info >= (3, 10):
    try:
        from importlib.machinery import SourceFileLoader

        # By its file, since the package around it imports Flask; see tracer/bootstrap.py.
        _loader = SourceFileLoader(
            "_flaskscope_bootstrap", os.path.join(os.path.dirname(_HERE), "bootstrap.py")
        )
        _bootstrap = type(sys)(_loader.name)
        _bootstrap.__file__ = _loader.path
        sys.modules[_loader.name] = _bootstrap
        _loader.exec_module(_bootstrap)
        _bootstrap.arm()
    except Exception as error:  # noqa: BLE001 - whatever it is, the command runs
        sys.stderr.write("Flaskscope: this process runs untraced: %r\n" % (error,))

# The one that this file hides. Without one this raises what site.py expects when there is none.
del sys.modules["sitecustomize"]
__import__("sitecustomize")
