// Search without a server: a browser starts no worker from a file, so its script runs in a hidden frame instead.
if (location.protocol === "file:") {
  window.IFrameWorker = window.Worker = class extends EventTarget {
    constructor(url) {
      super()
      const frame = document.createElement("iframe")
      frame.hidden = true
      document.body.appendChild(frame)
      this.inside = frame.contentWindow
      this.inside.postMessage = data => this.answer(data)
      this.waiting = []
      const script = frame.contentDocument.createElement("script")
      script.src = url
      script.onload = () => { this.waiting.splice(0).forEach(data => this.tell(data)); this.waiting = null }
      frame.contentDocument.body.appendChild(script)
    }
    answer(data) {
      const event = new MessageEvent("message", { data })
      this.dispatchEvent(event)
      this.onmessage?.(event)
    }
    tell(data) { this.inside.dispatchEvent(new MessageEvent("message", { data })) }
    postMessage(data) { this.waiting ? this.waiting.push(data) : this.tell(data) }
    terminate() { this.inside.frameElement.remove() }
  }
}
