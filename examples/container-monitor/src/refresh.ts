/** Runs in the browser: asks for what is shown every two seconds, and says how old it is when nobody answers. */
export const REFRESH = `const main = document.querySelector('main'), stale = document.querySelector('#stale')
let shown = Date.now(), asking = false
setInterval(async () => {
  if (!asking) {
    asking = true
    try {
      const answer = await fetch('/?part=main', { signal: AbortSignal.timeout(5000) })
      if (answer.status !== 200 && answer.status !== 503) throw new Error(answer.status)
      const text = await answer.text(), focused = document.activeElement?.id
      main.innerHTML = text
      if (focused) document.getElementById(focused)?.focus()
      shown = Date.now()
    } catch {} finally {
      asking = false
    }
  }
  const age = Math.round((Date.now() - shown) / 1000)
  stale.hidden = age < 6
  stale.textContent = 'Nobody has answered for ' + age + ' s: this is what was known then.'
}, 2000)`
