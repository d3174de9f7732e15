import { type Reply, reply, retryHeader } from './reply.js'

/** The form in which the token is given. `problem`: why it was not taken, in our own words. */
export function loginPage(status: 401 | 429, problem?: string, retryAfter?: number): Reply {
  const note = problem === undefined ? '' : `<p class="login-problem" role="alert">${escaped(problem)}</p>`
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Log in: Keelson inspector</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="page.css">
</head>
<body>
<main class="login">
<h1>Keelson inspector</h1>
<form method="post" action="login">
<label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
<button>Log in</button>
${note}
</form>
</main>
</body>
</html>
`
  return reply(status, 'text/html', html, retryHeader(retryAfter))
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
