// Tells at which sample of the audio clock each input channel has a click.
class Tap extends AudioWorkletProcessor {
  constructor() {
    super();
    this.at = 0;
    this.last = [];
  }

  process([input]) {
    input.forEach((samples, stem) =>
      samples.forEach((value, i) => {
        const at = this.at + i;
        if (Math.abs(value) > 0.6 && at - (this.last[stem] ?? -1e9) > 4000) {
          this.last[stem] = at;
          this.port.postMessage([stem, at]);
        }
      }),
    );
    this.at += input[0]?.length ?? 128;
    return true;
  }
}
registerProcessor("tap", Tap);
