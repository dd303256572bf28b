//! A range control. It reports while moving, and once more when let go.

use dioxus::prelude::*;

#[component]
pub fn Slider(
    label: String,
    value: f64,
    min: f64,
    max: f64,
    step: f64,
    #[props(default)] disabled: bool,
    /// While the thumb moves.
    oninput: EventHandler<f64>,
    /// When it rests.
    onchange: EventHandler<f64>,
) -> Element {
    let fill = fill_percent(value, min, max);
    rsx! {
        input {
            class: "slider",
            r#type: "range",
            aria_label: "{label}",
            min: "{min}",
            max: "{max}",
            step: "{step}",
            value: "{value}",
            disabled,
            style: "--fill: {fill}%",
            oninput: move |event| if let Ok(value) = event.value().parse() { oninput.call(value) },
            onchange: move |event| if let Ok(value) = event.value().parse() { onchange.call(value) },
        }
    }
}

fn fill_percent(value: f64, min: f64, max: f64) -> f64 {
    if max > min { ((value - min) / (max - min) * 100.0).clamp(0.0, 100.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::fill_percent;

    #[test]
    fn the_filled_part_stays_on_the_track() {
        assert_eq!(fill_percent(5.0, 0.0, 10.0), 50.0);
        assert_eq!(fill_percent(50.0, 0.0, 10.0), 100.0);
        assert_eq!(fill_percent(1.0, 3.0, 3.0), 0.0);
    }
}
