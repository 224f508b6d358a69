/** However often something asks to be drawn, it is drawn once for each picture of the screen. */

/**
 * @param {() => void} draw
 * @returns {() => void} asks for a drawing
 */
export function oncePerFrame(draw) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      draw();
    });
  };
}
