"""Chinese for the table of targets, its sets and files, what-if, and the key that halts."""

TEXTS = {
    "targets": "目标仓位",
    "filter strategies or symbols": "筛选策略或交易对",
    "Undo": "撤销",
    "Set the targets back by one step (Ctrl+Z); nothing is sent": (
        "目标仓位退回一步（Ctrl+Z）；不发送任何订单"
    ),
    "Redo": "重做",
    "Do the undone step again (Ctrl+Shift+Z); nothing is sent": (
        "重做已撤销的一步（Ctrl+Shift+Z）；不发送任何订单"
    ),
    "Copy table": "复制表格",
    "Copy the shown targets for a spreadsheet; with Shift and the arrows choose a block, "
    "and Ctrl+C copies it": (
        "复制所显示的目标仓位，可粘贴到电子表格；按 Shift 加方向键选取区域，按 Ctrl+C 复制"
    ),
    "Copied.": "已复制。",
    "{rows} × {columns} chosen": "已选 {rows} × {columns}",
    "A target of zero stays zero: type another into the table first.": (
        "为零的目标仓位按比例缩放仍为零：请先在表格中输入目标仓位。"
    ),
    "The browser does not let this page copy; save a file instead.": (
        "浏览器不允许本页面复制；请改为保存文件。"
    ),
    "Nothing matches the filter.": "没有符合筛选的内容。",
    "Undone: nothing was sent.": "已撤销：未发送任何订单。",
    "Done again: nothing was sent.": "已重做：未发送任何订单。",
    "Pasted: {good} set": "已粘贴：设置 {good} 项",
    ", {bad} refused and marked": "，{bad} 项被拒绝并已标记",
    ", {outside} beyond the table left out": "，超出表格的 {outside} 项未采用",
    "{more} more are marked.": "另有 {more} 项已标记。",
    "{key} halts from anywhere on this page.": "在本页面任何位置按 {key} 即可停机。",
    "preset": "预设",
    "Keep": "保存预设",
    "Keep the targets by this name": "以此名称保存目标仓位",
    "Take": "采用预设",
    "Set the targets of this preset": "设置此预设的目标仓位",
    "Sets of targets, and the report": "目标仓位组合与报告",
    "Kept as {name}.": "已保存为 {name}。",
    "no preset is named {name}; keep one first": "没有名为 {name} 的预设；请先保存一个",
    "Targets of {name} are set; nothing is sent.": "已设置 {name} 的目标仓位；未发送任何订单。",
    "Save {ending}": "保存 {ending}",
    "Save all targets as a file": "将全部目标仓位保存为文件",
    "Report": "报告",
    "Report, redacted": "报告（脱敏）",
    "Save what was traded as one page that opens offline": (
        "将交易内容保存为可离线打开的单个页面"
    ),
    "The report without names, ids and balances": "不含名称、编号与余额的报告",
    "Load file": "载入文件",
    "Set the targets of a CSV or YAML file, all or none; nothing is sent": (
        "设置 CSV 或 YAML 文件中的目标仓位，全部或全不；不发送任何订单"
    ),
    "the file is not UTF-8 text; save it as CSV UTF-8 or YAML": (
        "文件不是 UTF-8 文本；请另存为 CSV UTF-8 或 YAML"
    ),
    "What if": "假设分析",
    "of the target": "占目标仓位的百分比",
    "all strategies": "全部策略",
    "Commit": "确认设置",
    "Cancel": "取消",
    "Set these targets; nothing is sent": "设置这些目标仓位；不发送任何订单",
    "Slide to see what would change; nothing does yet.": (
        "拖动滑块查看会有什么变化；目前不会改变任何内容。"
    ),
    "Committed as targets: nothing is sent before you preview.": (
        "已设为目标仓位：预览之前不发送任何订单。"
    ),
    "net now": "当前净仓",
    "net then": "假设净仓",
    "diff to the position": "与持仓的差额",
    "crossed inside": "内部对冲",
    "fee spared, estimated (quote units)": "估计节省的手续费（计价货币）",
    "Nothing is changed yet: Commit sets these targets.": (
        "尚未改变任何内容：“确认设置”才会设置这些目标仓位。"
    ),
}
