import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'

export interface Question {
  readonly title: string
  readonly text: ComponentChildren
  /** The label of the button that does it. */
  readonly confirm: string
  /** What cannot be undone looks so. */
  readonly grave?: boolean
  /** Set when a text is asked for, too: its label. */
  readonly input?: string
  /** What that text has to be. */
  readonly expected?: string
  onConfirm(text: string): void
}

/** Asks before something is done. The browser keeps the focus inside, and Escape leaves it. */
export function QuestionDialog({ question, onClose }: { question: Question; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [text, setText] = useState('')
  useEffect(() => dialog.current?.showModal(), [])
  const lacksText =
    question.input !== undefined && (question.expected === undefined ? text.trim() === '' : text.trim() !== question.expected)
  return (
    <dialog ref={dialog} class="question" aria-labelledby="question-title" onClose={onClose}>
      <form
        method="dialog"
        onSubmit={(event) => {
          if (lacksText) event.preventDefault()
          else question.onConfirm(text.trim())
        }}
      >
        <h2 id="question-title">{question.title}</h2>
        <div class="text">{question.text}</div>
        {question.input !== undefined && (
          <label class="field">
            {question.input}
            <input
              value={text}
              required
              maxLength={200}
              autocomplete="off"
              onInput={(event) => setText(event.currentTarget.value)}
            />
          </label>
        )}
        <div class="buttons">
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button type="submit" disabled={lacksText} class={question.grave ? 'grave' : 'primary'}>
            {question.confirm}
          </button>
        </div>
      </form>
    </dialog>
  )
}
