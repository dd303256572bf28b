// React Flow with the graph of the benchmark: what its users would write, with its setting for large graphs.
// Cards have what ours have: an icon, a title, a menu, three settings, two inputs and an output.

import { memo, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { Background, Handle, Position, ReactFlow, SelectionMode, useEdgesState, useNodesState, ViewportPortal } from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import "./page.css";

const Maths = memo(function Maths({ data }) {
  return (
    <div className="card">
      <header>
        <svg width="16" height="16" viewBox="0 0 24 24"><path d="M5 12h14M12 5v14" stroke="currentColor" fill="none" /></svg>
        <h3 className="title">{data.title}<small>Maths</small></h3>
        <button type="button" aria-label="Node menu">…</button>
      </header>
      <div className="row out"><span>number</span><Handle type="source" position={Position.Right} id="number" /></div>
      <label className="row"><span>Operation</span>
        <select className="nodrag" defaultValue="add"><option value="add">add</option><option value="multiply">multiply</option></select>
      </label>
      {["a", "b"].map((name) => (
        <label key={name} className="row">
          <Handle type="target" position={Position.Left} id={name} />
          <span>{name}</span>
          <input className="nodrag" type="number" value={data[name]} onChange={() => {}} />
        </label>
      ))}
    </div>
  );
});

const nodeTypes = { maths: Maths };

function Cursor({ number, every }) {
  const [clock, setClock] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setClock((now) => now + 1), every);
    return () => clearInterval(timer);
  }, [every]);
  const angle = clock / 20 + number;
  const radius = 200 + 40 * number;
  const x = 25 * 290 + radius * Math.cos(angle);
  const y = 20 * 215 + radius * Math.sin(angle);
  return (
    <div className="cursor" style={{ transform: `translate(${x}px, ${y}px)` }}>
      <svg viewBox="0 0 16 18" width="16" height="18"><path d="M1 1L14.5 8.2L8.3 9.9L5.1 16.2Z" fill="currentColor" /></svg>
      <span>Ada</span>
    </div>
  );
}

function Page() {
  const [nodes, setNodes, onNodesChange] = useNodesState(window.GRAPH.nodes);
  const [edges, , onEdgesChange] = useEdgesState(window.GRAPH.edges);
  const [people, setPeople] = useState({ count: 0, every: 100 });
  const [flow, setFlow] = useState(null);
  useEffect(() => {
    if (!flow) return undefined;
    let timer = 0;
    let count = 0;
    window.bench = {
      people: (many, every) => setPeople({ count: many, every }),
      look: (x, y, zoom) => flow.setCenter(x, y, { zoom }),
      // Every edit by itself, as it would come from a socket.
      edits: (every, ids) => {
        clearInterval(timer);
        if (!every) return;
        timer = setInterval(() => {
          count += 1;
          const id = ids[count % ids.length];
          setNodes((all) => all.map((node) => {
            if (node.id !== id) return node;
            const moved = { ...node.position, x: Math.round(node.position.x / 290) * 290 + (count % 40) };
            return count % 2 ? { ...node, data: { ...node.data, b: count } } : { ...node, position: moved };
          }));
        }, every);
      },
    };
    return () => clearInterval(timer);
  }, [flow, setNodes]);
  return (
    <ReactFlow
      nodes={nodes}
      edges={edges}
      nodeTypes={nodeTypes}
      onNodesChange={onNodesChange}
      onEdgesChange={onEdgesChange}
      onInit={setFlow}
      onlyRenderVisibleElements
      selectionMode={SelectionMode.Partial}
      minZoom={0.05}
      maxZoom={4}
      fitView
      colorMode="dark"
    >
      <Background />
      <ViewportPortal>
        {Array.from({ length: people.count }, (_, number) => <Cursor key={number} number={number} every={people.every} />)}
      </ViewportPortal>
    </ReactFlow>
  );
}

createRoot(document.getElementById("root")).render(<Page />);
