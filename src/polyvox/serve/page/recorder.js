/** The microphone: a recording, how loud it is, and why there is none. */

/** @typedef {"insecure" | "unsupported" | "denied" | "missing" | "busy"} MicrophoneTrouble */

/** Why no recording can be made; `trouble` names one of the reasons that the page can explain. */
export class MicrophoneError extends Error {
  /** @param {MicrophoneTrouble} trouble */
  constructor(trouble) {
    super(trouble);
    this.trouble = trouble;
  }
}

/** @type {Record<string, MicrophoneTrouble>} */
const TROUBLES = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "busy",
  AbortError: "busy",
};

const FORMATS = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"];
const ENDINGS = /** @type {Record<string, string>} */ ({ webm: "webm", ogg: "ogg", mp4: "m4a" });
const QUIETEST = -60;

/** @returns {Promise<MediaStream>} */
async function openMicrophone() {
  if (!window.isSecureContext) throw new MicrophoneError("insecure");
  if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) throw new MicrophoneError("unsupported");
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    });
  } catch (error) {
    throw new MicrophoneError(TROUBLES[/** @type {DOMException} */ (error).name] ?? "unsupported");
  }
}

/** One recording, from its start to `stop` or `cancel`. */
export class Recorder {
  /**
   * Ask for the microphone and record.
   * @returns {Promise<Recorder>}
   * @throws {MicrophoneError}
   */
  static async start() {
    return new Recorder(await openMicrophone());
  }

  /** @param {MediaStream} stream */
  constructor(stream) {
    this.stream = stream;
    /** @type {Blob[]} */
    this.parts = [];
    const format = FORMATS.find((type) => MediaRecorder.isTypeSupported(type));
    this.media = new MediaRecorder(stream, format ? { mimeType: format } : {});
    this.media.addEventListener("dataavailable", (event) => this.parts.push(event.data));
    this.media.start(250);
    this.began = performance.now();
    this.sound = new AudioContext();
    this.analyser = this.sound.createAnalyser();
    this.analyser.fftSize = 1024;
    this.sound.createMediaStreamSource(stream).connect(this.analyser);
    this.samples = new Float32Array(this.analyser.fftSize);
  }

  /** Seconds since the recording began. */
  get seconds() {
    return (performance.now() - this.began) / 1000;
  }

  /** How loud it is now: 0 at −60 dB below full scale and quieter, 1 at full scale. */
  get level() {
    this.analyser.getFloatTimeDomainData(this.samples);
    const power = this.samples.reduce((sum, sample) => sum + sample * sample, 0) / this.samples.length;
    const decibels = 10 * Math.log10(power + 1e-12);
    return Math.min(1, Math.max(0, 1 - decibels / QUIETEST));
  }

  /** @returns {Promise<File>} what was recorded */
  async stop() {
    const finished = new Promise((resolve) => this.media.addEventListener("stop", resolve, { once: true }));
    if (this.media.state !== "inactive") this.media.stop();
    await finished;
    this.release();
    const type = this.media.mimeType || "audio/webm";
    const container = /audio\/(\w+)/.exec(type)?.[1] ?? "webm";
    return new File(this.parts, `question.${ENDINGS[container] ?? container}`, { type });
  }

  /** Throw the recording away and free the microphone. */
  cancel() {
    if (this.media.state !== "inactive") this.media.stop();
    this.parts = [];
    this.release();
  }

  release() {
    for (const track of this.stream.getTracks()) track.stop();
    void this.sound.close();
  }
}
