import { useEffect, useState } from 'preact/hooks'
import { hashOf, type Place, placeIn } from './place.js'

/** Where the reader is, and a way to go elsewhere. Each place has its entry in the history of the browser. */
export function usePlace(): [Place, (place: Place) => void] {
  const [place, setPlace] = useState(() => placeIn(location.hash))
  useEffect(() => {
    const listen = () => setPlace(placeIn(location.hash))
    addEventListener('hashchange', listen)
    return () => removeEventListener('hashchange', listen)
  }, [])
  const go = (next: Place) => {
    setPlace(next)
    location.hash = hashOf(next)
  }
  return [place, go]
}
