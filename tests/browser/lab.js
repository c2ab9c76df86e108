// What Lab asks of JupyterLab's own objects, put into its page as window.courseTest.
() => {
  const test = window.courseTest = { pending: 0 };
  const main = () => [...window.jupyterapp.shell.widgets("main")];
  const cells = () => test.panel().content.widgets;
  const session = () => test.panel().sessionContext.session;

  test.panel = () => main().find(panel => panel.sessionContext && panel.content.widgets);
  test.ready = () => {
    const panel = test.panel(), kernel = panel && session()?.kernel;
    return Boolean(kernel && panel.content.widgets.length && panel.sessionContext.isReady
      && kernel.status === "idle" && kernel.connectionStatus === "connected");
  };
  test.start = cell => {
    const book = test.panel().content;
    if (cell != null) { book.deselectAll(); book.activeCellIndex = cell; }
    test.pending++;
    window.jupyterapp.commands.execute(cell == null ? "notebook:run-all-cells" : "notebook:run-cell")
      .finally(() => { test.pending--; });
  };
  test.idle = () => test.pending === 0 && session().kernel.status === "idle" && !cells().some(c => c.prompt === "*");
  test.number = () => cells().forEach((cell, i) => { cell.node.dataset.testCell = i; });
  test.outputs = i => cells()[i].model.type === "code" ? cells()[i].model.outputs.toJSON() : [];
  test.models = () => [...new Set(cells().flatMap((cell, i) => test.outputs(i))
    .map(output => output.data?.["application/vnd.jupyter.widget-view+json"]?.model_id).filter(Boolean))];
  test.errors = () => {
    const raised = cells().flatMap((cell, i) => test.outputs(i).filter(output => output.output_type === "error")
      .map(output => `cell ${i}: ${output.ename}: ${output.evalue}`));
    const wrong = /^(Error|Failed)|Javascript Error|model not found/m;
    const shown = [...document.querySelectorAll(".jp-OutputArea-output")].filter(node => node.checkVisibility())
      .map(node => node.innerText)
      .filter(text => text.length < 600 && wrong.test(text)).map(text => `shown: ${text}`);
    return [...raised, ...shown];
  };
  // Milliseconds from a change until the frame that shows it is painted, and how many of them drawing it took.
  test.timed = change => new Promise(done => {
    const ask = window.requestAnimationFrame, painted = new MessageChannel(), began = performance.now();
    let drawing = 0;
    window.requestAnimationFrame = draw => ask(now => {
      const start = performance.now();
      draw(now);
      drawing += performance.now() - start;
    });
    painted.port1.onmessage = () => done([performance.now() - began, drawing]);
    change();
    window.requestAnimationFrame = ask;
    ask(() => painted.port2.postMessage("")); // it is read when the frame is done
  });
  test.ask = code => new Promise(done => {
    let said = "";
    const future = session().kernel.requestExecute({ code, store_history: false });
    future.onIOPub = message => {
      if (message.header.msg_type === "stream") said += message.content.text;
      if (message.header.msg_type === "error") said += message.content.evalue;
    };
    future.done.then(() => done(said));
    setTimeout(() => done(said), 30000);
  });
}
