export const STYLE = `:root{color-scheme:light dark;--line:#8884;--dim:#5b6470;--healthy:#187a4c;--unhealthy:#9a5b00;--restarting:#1f62c4;--failed:#c22f2f;--unknown:#666}
@media(prefers-color-scheme:dark){:root{--dim:#a4adb8}}
*{box-sizing:border-box}body{font:15px/1.45 system-ui,sans-serif;margin:0 auto;padding:1rem;max-width:72rem}
h1{font-size:1.3rem;margin:.2rem 0}h2{font-size:1.05rem;margin:1.6rem 0 .5rem}p{margin:.3rem 0;overflow-wrap:anywhere}
.dim,dt{color:var(--dim)}.note{border-left:.3rem solid var(--failed);padding:.4rem .7rem;background:#c22f2f1a}
ul{list-style:none;padding:0;margin:0;display:flex;flex-wrap:wrap;gap:.4rem 1rem}
article{border-top:1px solid var(--line);padding:.6rem 0;display:grid;grid-template-columns:minmax(0,1fr) auto;gap:.2rem 1rem}
article>*{min-width:0}article h3{font-size:1rem;margin:0;overflow-wrap:anywhere}article h3,article dl,article .why{grid-column:1/-1}
dl{display:flex;flex-wrap:wrap;gap:0 1.2rem;margin:0}dl div{display:flex;gap:.4rem}dd{margin:0}
b{color:#fff;font-size:13px;font-weight:600;padding:.1rem .5rem;border-radius:.3rem;white-space:nowrap}
.healthy{background:var(--healthy)}.unhealthy{background:var(--unhealthy)}.restarting{background:var(--restarting)}.failed{background:var(--failed)}.unknown{background:var(--unknown)}
svg{display:block;width:11rem;height:2rem;max-width:100%}svg .line{fill:none;stroke:currentColor;stroke-width:1.5}
rect.healthy{fill:var(--healthy)}rect.unhealthy{fill:var(--unhealthy)}rect.restarting{fill:var(--restarting)}rect.failed{fill:var(--failed)}rect.unknown{fill:var(--unknown)}
button{font:inherit;padding:.1rem .7rem;cursor:pointer}:focus-visible{outline:3px solid var(--restarting);outline-offset:2px}
@media(min-width:48rem){article{grid-template-columns:minmax(12rem,1fr) minmax(0,1.6fr) 11rem auto}article h3,article dl{grid-column:auto}}`
