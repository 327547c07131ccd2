"""How a page looks: light, dark, narrow and on paper. In: nothing. Out: the style sheet that ``document`` embeds."""

STYLE = """
:root{--paper:#fff;--panel:#f6f8fa;--ink:#1f2933;--soft:#5b6773;--line:#d9e0e6;--accent:#1f6feb;--bar:#7fa9e8;
--limit:#b45309;--good:#157347;--bad:#b3261e;--label:#cdeed9;--labelink:#0b3d20;--special:#e6e9ed}
@media (prefers-color-scheme:dark){:root{--paper:#11161c;--panel:#1a2129;--ink:#e4e9ee;--soft:#9fabb7;--line:#323c47;
--accent:#7fb0ff;--bar:#4f7fc4;--limit:#f0a94e;--good:#66d19e;--bad:#ff8a80;--label:#17482d;--labelink:#d6f7e3;
--special:#2c3641}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,
"Segoe UI",Roboto,"Helvetica Neue","PingFang SC","Microsoft YaHei","Noto Sans CJK SC","Noto Sans SC",sans-serif}
main,footer{max-width:62rem;margin:0 auto;padding:0 1.25rem}
main{padding-top:1.5rem}
h1{font-size:1.6rem;line-height:1.25;margin:.5rem 0 .25rem;overflow-wrap:anywhere}
h2{font-size:1.15rem;margin:0 0 .6rem}
h2::first-letter{text-transform:uppercase}
section{border-top:1px solid var(--line);padding:1.25rem 0;margin-top:1.25rem}
p{margin:.5rem 0;max-width:46rem;overflow-wrap:anywhere}
.note{color:var(--soft);font-size:.9rem}
.good,.bad{font-weight:600}.good{color:var(--good)}.bad{color:var(--bad)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(7.4rem,1fr));gap:.6rem;margin:1.25rem 0}
.tile{background:var(--panel);border-radius:.6rem;padding:.65rem .75rem;display:flex;flex-direction:column;
color:inherit;font-weight:400;min-width:0}
.tile dd{margin:0;font-size:1.3rem;font-weight:600;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.tile.long dd{font-size:1rem;line-height:2.05}
.tile dt{color:var(--soft);font-size:.85rem}
.tile.bad dd{color:var(--bad)}.tile.good dd{color:var(--good)}
.scroll{overflow-x:auto;margin:.75rem 0}
table{border-collapse:collapse;width:100%;font-size:.92rem}
th,td{text-align:left;vertical-align:top;padding:.35rem .75rem .35rem 0;border-bottom:1px solid var(--line);
unicode-bidi:isolate;overflow-wrap:break-word;max-width:26rem;font-weight:400}
.barcell{width:50%;min-width:10rem;white-space:nowrap}
thead th{color:var(--soft);font-size:.82rem;white-space:nowrap}
.num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.more td{color:var(--soft);font-style:italic}
.bar{display:inline-block;width:calc(100% - 4.5rem);min-width:3rem;height:.7rem;background:var(--panel);
border-radius:.2rem;overflow:hidden;vertical-align:middle}
.bar svg{display:block;width:100%;height:100%}.bar rect,.plot rect{fill:var(--bar)}
.barvalue{display:inline-block;width:4rem;text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.chart{margin:1rem 0 .5rem}
.plot{position:relative;height:11rem;border-bottom:1px solid var(--soft)}
.plot svg{display:block;width:100%;height:100%;overflow:visible}
.plot rect.open{fill:var(--limit)}
.plot rect:hover{fill:var(--accent)}
.most{position:absolute;left:0;top:0;font-size:.75rem;font-weight:400;color:var(--soft);line-height:1;
background:var(--paper);padding-right:.3em}
.mark{position:absolute;bottom:0;border-left:2px dashed var(--limit);font-size:.8rem}
.marks{position:relative;font-size:.8rem;line-height:1.3;color:var(--limit)}
.marks span{position:absolute;white-space:nowrap;padding:0 .35em}
.axis{position:relative;height:1.4rem;font-size:.78rem;color:var(--soft);font-variant-numeric:tabular-nums}
.axis span{position:absolute;top:.15rem;padding-left:2px;border-left:1px solid var(--soft);line-height:1.2}
.axis .open{right:0;border:0;color:var(--limit)}
.line{fill:none;stroke:var(--accent);stroke-width:2;vector-effect:non-scaling-stroke;stroke-linejoin:round}
.line.raw{stroke:var(--bar);stroke-width:1;opacity:.65}
.grid{position:absolute;left:0;right:0;border-top:1px solid var(--line)}
.grid b{position:absolute;left:0;bottom:1px;font-size:.75rem;font-weight:400;color:var(--soft);line-height:1}
.key::before{content:"";display:inline-block;width:1.2em;border-top:2px solid var(--accent);margin:0 .35em .25em .8em}
.key.raw::before{border-top:1px solid var(--bar)}
figcaption{color:var(--soft);font-size:.82rem}
details{margin:.6rem 0}
summary{cursor:pointer;color:var(--accent);overflow-wrap:anywhere}
.example{border:1px solid var(--line);border-radius:.6rem;margin:.9rem 0;padding:.8rem 1rem;break-inside:avoid-page}
.example h3{font-size:.98rem;margin:0 0 .15rem;font-weight:600}
.example h3 small{font-weight:400;color:var(--soft)}
.tokens{font:.86rem/1.75 ui-monospace,SFMono-Regular,Menlo,Consolas,"Noto Sans Mono CJK SC",monospace;margin:.5rem 0 0;
white-space:pre-wrap;overflow-wrap:anywhere;color:var(--soft);unicode-bidi:isolate}
.tokens i{font-style:normal;border-right:1px solid var(--line);unicode-bidi:isolate}
.tokens ins{background:var(--label);color:var(--labelink);text-decoration:underline;text-decoration-thickness:2px;
text-underline-offset:3px;text-decoration-color:var(--good);border-radius:.15rem}
.tokens ins i{border-right-color:var(--paper)}
.tokens b{font-weight:600;background:var(--special);color:var(--ink);border-radius:.25rem;padding:0 .2em}
.tokens ins b{background:none;color:inherit}
.tokens em,.legend em{font-style:italic;opacity:.85;font-family:system-ui,sans-serif}
footer{color:var(--soft);font-size:.82rem;padding-bottom:2.5rem;padding-top:.5rem}
a,summary,.scroll{outline-color:var(--accent)}
@media (max-width:36rem){body{font-size:15px}.tile dd{font-size:1.15rem}
.tiles{grid-template-columns:repeat(auto-fit,minmax(7rem,1fr))}.plot{height:8.5rem}}
@media print{body{font-size:10.5pt}
main,footer{max-width:none}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
section{break-inside:auto}tr,figure{break-inside:avoid}.scroll{overflow:visible}}
"""
