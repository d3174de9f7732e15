import type { Hello, Update } from '../protocol.js'

const title = document.createElement('h1')
const state = document.createElement('p')
state.setAttribute('role', 'status')
document.getElementById('page')?.append(title, state)
title.textContent = 'Keelson inspector'
state.textContent = 'connecting'

const source = new EventSource('events')
source.onmessage = ({ data }) => {
  const message: Hello | Update = JSON.parse(data)
  if (message.type === 'hello') title.textContent = document.title = message.kernel.name
  if (message.kernel !== undefined) state.textContent = `${message.kernel.state}, ${message.kernel.probe.status}`
}
source.onerror = () => {
  state.textContent = 'lost'
}
