// The colours of a heatmap: CIVIDIS, 256 × [r, g, b] from dark to bright, and inkOn(r, g, b), the colour of text on it.
const CIVIDIS = (stops => Uint8ClampedArray.from({ length: 768 }, (_, i) => {
  const x = Math.floor(i / 3) / 255 * 8, k = Math.min(7, Math.floor(x)), part = n => parseInt(stops.slice(n * 6 + i % 3 * 2, n * 6 + i % 3 * 2 + 2), 16);
  return part(k) + (part(k + 1) - part(k)) * (x - k);
}))("00224e1235703b496c575d6d7071738a8678a59c74c3b369fee838");

// Black or white, whichever stands out better on a colour: always 4.5 to 1 at least.
function inkOn(...rgb) {
  const [r, g, b] = rgb.map(c => (c / 255 <= .04045 ? c / 255 / 12.92 : ((c / 255 + .055) / 1.055) ** 2.4));
  return .2126 * r + .7152 * g + .0722 * b > .179 ? "#000" : "#fff";
}
