use super::*;
use crate::{
    check::check,
    fixture::{edge_id, graph, id},
    graph::Pin,
    node::{NodeSpec, PortSpec},
    value::{Value, Values},
};

/// The small catalog, and nodes for lists.
fn catalog() -> Catalog {
    let spec = |node_type: &str, inputs: Vec<PortSpec>, outputs: Vec<PortSpec>| {
        let plain = crate::fixture::catalog().get("text").unwrap().clone();
        NodeSpec { node_type: node_type.into(), inputs, outputs, params: Vec::new(), ..plain }
    };
    let port = |name: &str, value_type: &str| PortSpec::new(name, value_type.parse().unwrap(), "");
    let takes = |name: &str, value_type: &str, lists| PortSpec { lists, ..port(name, value_type) };
    let gives = |name: &str, value_type: &str, same_as: &str| PortSpec {
        same_as: Some(same_as.into()),
        ..port(name, value_type)
    };
    let aligned = |name: &str| PortSpec { aligned: true, ..gives(name, "list<any>", name) };
    let more = [
        spec("photos", vec![], vec![port("images", "list<image>")]),
        spec("lines", vec![port("text", "text")], vec![port("lines", "list<text>")]),
        spec("upper", vec![port("text", "text")], vec![port("text", "text")]),
        spec("caption", vec![port("image", "image"), port("text", "text")], vec![port("image", "image")]),
        spec("joined", vec![port("texts", "list<text>")], vec![port("text", "text")]),
        spec("if", vec![port("value", "any")], vec![gives("then", "any", "value"), gives("else", "any", "value")]),
        spec("filter", vec![takes("item", "any", Lists::Each)], vec![gives("item", "any", "item")]),
        spec("collect", vec![takes("items", "list<any>", Lists::Collect)], vec![gives("items", "list<any>", "items")]),
        spec(
            "zip",
            vec![takes("a", "list<any>", Lists::Paired), takes("b", "list<any>", Lists::Paired)],
            vec![aligned("a"), aligned("b")],
        ),
    ];
    crate::fixture::catalog().iter().cloned().chain(more).collect()
}

/// Of each mapped node, over what it is run.
fn over(text: &str) -> String {
    let (graph, catalog) = (graph(text), catalog());
    let shapes = shapes(&graph, &catalog);
    let name = |axis: &usize| format!("{}.{}", shapes.axes[*axis].node, shapes.axes[*axis].output);
    let path = |id| shapes.path(id).iter().map(name).collect::<Vec<_>>().join(" > ");
    let mapped = graph.nodes.keys().filter(|id| shapes.depth(id) > 0).map(|id| format!("{id} over {}", path(id)));
    let unrelated = shapes.unrelated.iter().map(|u| format!("{}: {} and {}", u.node, u.inputs[0], u.inputs[1]));
    mapped.chain(unrelated).collect::<Vec<_>>().join("; ")
}

#[test]
fn a_list_into_a_single_input_is_gone_through() {
    assert_eq!(
        over("p:photos; b:blur; c:blur; p.images -> b.image; b.image -> c.image"),
        "b over p.images; c over p.images"
    );
    assert_eq!(over("p:photo; b:blur; p.image -> b.image"), "");
}

#[test]
fn a_list_input_collects() {
    let text = "p:photos; b:blur; d:collage; p.images -> b.image; b.image -> d.images";
    assert_eq!(over(text), "b over p.images");
    let shapes = shapes(&graph(text), &catalog());
    assert_eq!(shapes.wire(&edge_id("b:image")).unwrap().delivery, Delivery::Each);
    assert_eq!(shapes.wire(&edge_id("d:images:01")).unwrap().delivery, Delivery::Collected);
}

#[test]
fn lists_within_lists_are_levels() {
    let text = "t:text; l:lines; m:lines; u:upper; j:joined; k:joined
                t.text -> l.text; l.lines -> m.text; m.lines -> u.text; u.text -> j.texts; j.text -> k.texts";
    assert_eq!(over(text), "j over l.lines; m over l.lines; u over l.lines > m.lines");
}

#[test]
fn what_stems_from_one_list_meets_item_by_item() {
    let text = "p:photos; b:blur; d:describe; c:caption
                p.images -> b.image; p.images -> d.image; b.image -> c.image; d.text -> c.text";
    assert_eq!(over(text), "b over p.images; c over p.images; d over p.images");
    // An outer level goes with each item of an inner one.
    let text = "t:text; l:lines; m:lines; c:caption; d:photo; u:upper; j:caption
                t.text -> l.text; l.lines -> m.text; m.lines -> c.text; d.image -> c.image
                l.lines -> u.text; c.image -> j.image; u.text -> j.text";
    assert_eq!(over(text).split("; ").nth(1), Some("j over l.lines > m.lines"));
}

#[test]
fn lists_that_have_nothing_in_common_are_a_problem() {
    let text = "p:photos; t:text; l:lines; c:caption; t.text -> l.text; p.images -> c.image; l.lines -> c.text";
    assert_eq!(over(text), "c over p.images; c: image and text");
    let problems = check(&graph(text), &catalog());
    assert!(problems.iter().any(|problem| problem.to_string().contains("put a Zip before them")), "{problems:?}");
}

#[test]
fn zipped_lists_belong_together() {
    let text = "p:photos; t:text; l:lines; z:zip; c:caption; t.text -> l.text
                p.images -> z.a; l.lines -> z.b; z.a -> c.image; z.b -> c.text";
    assert_eq!(over(text), "c over z.a");
    let shapes = shapes(&graph(text), &catalog());
    assert_eq!(shapes.output_type(&id("z"), "a").unwrap().to_string(), "list<image>");
}

#[test]
fn a_collected_list_remembers_where_it_came_from() {
    let text = "p:photos; b:blur; f:filter; k:collect; c:caption; d:describe
                p.images -> f.item; f.item -> k.items; p.images -> d.image; k.items -> c.image; d.text -> c.text";
    assert_eq!(over(text), "c over p.images; d over p.images; f over p.images");
    let wired = shapes(&graph(text), &catalog());
    let wired = wired.wire(&edge_id("c:image")).unwrap();
    assert_eq!((wired.from.as_str(), wired.delivery), ("f", Delivery::Direct));
    // A zip sees the gaps too.
    let zipped =
        "p:photos; f:filter; k:collect; z:zip; p.images -> f.item; f.item -> k.items; k.items -> z.a; p.images -> z.b";
    let wired = shapes(&graph(zipped), &catalog());
    assert_eq!(wired.wire(&edge_id("z:a")).unwrap().delivery, Delivery::Collected);
    assert_eq!(wired.wire(&edge_id("z:b")).unwrap().delivery, Delivery::Direct);
}

#[test]
fn whatever_passes_through_keeps_its_type() {
    let text = "p:photos; i:if; b:blur; p.images -> i.value; i.then -> b.image";
    assert_eq!(over(text), "b over i.then");
    assert_eq!(
        over("p:photos; b:blur; i:if; d:blur; p.images -> b.image; b.image -> i.value; i.else -> d.image"),
        "b over p.images; d over p.images; i over p.images"
    );
}

#[test]
fn what_passes_through_is_checked_by_what_it_is() {
    let text = "p:photos; i:if; u:upper; p.images -> i.value; i.then -> u.text";
    let problems = check(&graph(text), &catalog());
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["edges.u:text: output `then` brings list<image>, which input `text` does not take"]);
}

#[test]
fn a_pinned_list_is_gone_through_by_itself() {
    let mut graph = graph("b:blur; c:blur; b.image -> c.image");
    let values = Values::from([("image".to_owned(), Value::List(Vec::new()))]);
    graph.nodes.get_mut("b").unwrap().pin = Some(Pin { values, run: None, seed: None });
    let shapes = shapes(&graph, &catalog());
    assert_eq!((shapes.depth(&id("b")), shapes.depth(&id("c"))), (0, 1));
}

#[test]
fn circles_have_no_shape() {
    assert_eq!(
        over("a:blur; b:blur; p:photos; c:blur; a.image -> b.image; b.image -> a.image; p.images -> c.image"),
        "c over p.images"
    );
}
