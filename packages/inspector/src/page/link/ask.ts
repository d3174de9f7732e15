import type { ActionAnswer, ActionRequest } from '../../protocol.js'

/** Asks the process to do something, with the word that proves that this page asks. Never rejects: what failed is in the answer. */
export async function ask(request: ActionRequest, csrf = ''): Promise<ActionAnswer> {
  try {
    const response = await fetch('actions', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-keelson-csrf': csrf },
      body: JSON.stringify(request),
      credentials: 'same-origin',
    })
    const text = await response.text()
    if (response.status === 401) return { ok: false, text: 'You are not logged in any more: load the page anew' }
    return answerIn(text) ?? { ok: false, text: text.trim().slice(0, 300) || `The process answered ${response.status}` }
  } catch {
    return { ok: false, text: 'The process does not answer' }
  }
}

function answerIn(text: string): ActionAnswer | undefined {
  try {
    const answer = JSON.parse(text)
    return typeof answer?.text === 'string' ? { ok: answer.ok === true, text: answer.text } : undefined
  } catch {
    return undefined
  }
}
