// A canvas as large as it is shown, and as sharp as the screen.
const SHARPEST = 2;

/** Empty it; `pen` is null while it has no size. `style` holds the colours that CSS gives it. */
export function openCanvas(canvas) {
  const scale = Math.min(SHARPEST, window.devicePixelRatio || 1);
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (!width || !height) return { pen: null };
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  return { pen, width, height, style: getComputedStyle(canvas) };
}
