//! Icons: Lucide's outlines, as letters of a font of ours (see `xtask/icons`), coloured by the text around them.
//!
//! Letters and not pictures: every `svg` is two more layers for the browser to sort in each frame of a pan, and there are
//! hundreds of icons on a canvas.

use dioxus::prelude::*;

use super::Size;

macro_rules! glyphs {
    ($($name:ident = $file:literal,)*) => {
        /// One picture of assets/icons.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Glyph {
            $($name,)*
        }

        impl Glyph {
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Of its file in assets/icons.
            #[cfg(test)]
            const FILES: &[&str] = &[$($file,)*];
        }
    };
}

glyphs! {
    AppWindow = "app-window",
    ArrowDown = "arrow-down",
    ArrowLeft = "arrow-left",
    ArrowUp = "arrow-up",
    AudioLines = "audio-lines",
    Ban = "ban",
    Blocks = "blocks",
    Braces = "braces",
    Check = "check",
    ChevronDown = "chevron-down",
    ChevronLeft = "chevron-left",
    ChevronRight = "chevron-right",
    CircleAlert = "circle-alert",
    CircleDashed = "circle-dashed",
    CircleHelp = "circle-help",
    CircleX = "circle-x",
    Clock = "clock",
    CloudCheck = "cloud-check",
    CloudOff = "cloud-off",
    Coins = "coins",
    Columns2 = "columns-2",
    Copy = "copy",
    Crop = "crop",
    Dices = "dices",
    Download = "download",
    Ellipsis = "ellipsis",
    Eraser = "eraser",
    ExternalLink = "external-link",
    Eye = "eye",
    FastForward = "fast-forward",
    File = "file",
    Film = "film",
    Folder = "folder",
    Gauge = "gauge",
    Globe = "globe",
    Hand = "hand",
    Hash = "hash",
    History = "history",
    Image = "image",
    Info = "info",
    Key = "key",
    Keyboard = "keyboard",
    Layers = "layers",
    Link = "link",
    List = "list",
    ListStart = "list-start",
    ListTree = "list-tree",
    LoaderCircle = "loader-circle",
    Lock = "lock",
    LogOut = "log-out",
    Map = "map",
    Maximize2 = "maximize-2",
    Monitor = "monitor",
    Moon = "moon",
    Paintbrush = "paintbrush",
    PanelRight = "panel-right",
    Pause = "pause",
    Pencil = "pencil",
    Pin = "pin",
    PinOff = "pin-off",
    Play = "play",
    Plus = "plus",
    Redo2 = "redo-2",
    RefreshCw = "refresh-cw",
    Repeat = "repeat",
    RotateCcw = "rotate-ccw",
    Scan = "scan",
    Search = "search",
    Settings = "settings",
    Share2 = "share-2",
    SkipForward = "skip-forward",
    SlidersHorizontal = "sliders-horizontal",
    Sparkles = "sparkles",
    Spline = "spline",
    Square = "square",
    SquareSplitHorizontal = "square-split-horizontal",
    StepBack = "step-back",
    StepForward = "step-forward",
    StickyNote = "sticky-note",
    Sun = "sun",
    Table2 = "table-2",
    Trash2 = "trash-2",
    TriangleAlert = "triangle-alert",
    Type = "type",
    Undo2 = "undo-2",
    Unlink = "unlink",
    Upload = "upload",
    Volume2 = "volume-2",
    VolumeX = "volume-x",
    X = "x",
    ZoomIn = "zoom-in",
    ZoomOut = "zoom-out",
}

impl Glyph {
    /// Where the font has it: from U+E000 on, in the order of the files' names.
    fn letter(self) -> char {
        char::from_u32(0xE000 + self as u32).expect("a private letter")
    }
}

/// Decoration only: whatever carries it has a name of its own.
#[component]
pub fn Icon(glyph: Glyph, #[props(default)] size: Size) -> Element {
    rsx! {
        span { class: "icon", "data-size": size.as_str(), "data-glyph": "{glyph.letter()}" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The font has them in this order.
    #[test]
    fn icons_are_the_files_by_name() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/icons");
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let pictures = entries.filter(|path| path.extension().is_some_and(|extension| extension == "svg"));
        let mut names: Vec<String> =
            pictures.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect();
        names.sort();
        assert_eq!(names, Glyph::FILES);
        assert_eq!(Glyph::X.letter() as usize, 0xE000 + names.iter().position(|name| name == "x").unwrap());
    }
}
