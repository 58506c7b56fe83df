"""Chinese for the charts: titles, axes, legends."""

TEXTS = {
    "Nothing was tried beside taking at once": "除立即吃单外没有尝试其他方式",
    "Resting first gained {gained} at best ({best})": "先挂单最多获益 {gained}（{best}）",
    "Resting first lost in every style, up to {lost} ({worst})": (
        "先挂单在各种方式下均有损失，最多 {lost}（{worst}）"
    ),
    "No style differs from taking at once by more than chance": (
        "没有任何方式与立即吃单有超出偶然的差别"
    ),
    "cost beyond the arrival mid, bps": "超出到达中间价的成本，基点",
    "{name}: {cost:.2f} ± {error:.2f} bps, waited {waited:.1f} s, {maker:.0%} as a maker": (
        "{name}：{cost:.2f} ± {error:.2f} 基点，等待 {waited:.1f} 秒，{maker:.0%} 为挂单"
    ),
    "Deadband {deadband}, to the {way}: costs {less:.0%} less than the dearest, "
    "strays {share:.1%}": (
        "死区 {deadband}，至{way}：成本比最贵者低 {less:.0%}，偏离 {share:.1%}"
    ),
    "to the {way}": "至{way}",
    "efficient": "有效",
    "recommended": "推荐",
    "deadband {deadband}, step {step}, to the {way}: {trades:,} trades, costs "
    "{cost:,.0f}, strays {share:.2%}": (
        "死区 {deadband}，步长 {step}，至{way}：{trades:,} 次交易，成本 {cost:,.0f}，"
        "偏离 {share:.2%}"
    ),
    "strays, % of the PnL's own swing in a bar": "偏离，占每根 K 线盈亏自身波动的 %",
    "fees and spread ({unit})": "手续费与价差（{unit}）",
    "Σ alone": "Σ 单独",
    "netted": "净额合并",
    "Σ alone after costs": "Σ 单独，扣除成本",
    "netted after costs": "净额合并，扣除成本",
    "a millionth": "百万分之一",
    "a hundredth": "百分之一",
    "the same within {within}": "在{within}之内相同",
    "exactly the same": "完全相同",
    "Before costs {same}; after costs netting is {saved:,.0f} {unit} better": (
        "扣除成本前{same}；扣除成本后净额合并优 {saved:,.0f} {unit}"
    ),
    "earned since the start ({unit})": "自开始以来的收益（{unit}）",
    "one-way": "单向持仓",
    "hedge": "双向持仓",
    "hedge, paid": "双向持仓，支付",
    "position per leg ({base})": "各持仓腿的仓位（{base}）",
    "initial margin ({unit})": "初始保证金（{unit}）",
    "funding ({unit}), paid below zero": "资金费（{unit}），低于零为支付",
    "received": "收取",
    "paid": "支付",
    "bar": "K 线",
    "changes": "变化",
    "+{long} long": "多 +{long}",
    "−{short} short": "空 −{short}",
    "Nobody wants any {unit}": "没有策略需要 {unit}",
    " and ": "与",
    "{sides} are held as two legs, net {net} {unit}; {offset} is held on both": (
        "{sides} 分别持有，净仓 {net} {unit}；{offset} 双向同时持有"
    ),
    "{offset} offset inside": "内部对冲 {offset}",
    "nothing is offset": "没有可对冲的部分",
    "{sides} net to {net} {unit}; {inside}": "{sides} 净额为 {net} {unit}；{inside}",
    "{sides} nets to {net} {unit}; {inside}": "{sides} 净额为 {net} {unit}；{inside}",
    "{unit}, short below zero": "{unit}，低于零为空",
    "{number} others": "其他 {number} 个",
    "{label}, long": "{label}，多",
    "{label}, short": "{label}，空",
    "on both": "双向",
    "Nothing is known yet": "暂无数据",
    "Strategies and residual earned {together} {unit}, the account {account}: gap {gap}": (
        "各策略与剩余账户盈亏 {together} {unit}，账户 {account}：差额 {gap}"
    ),
    "{unit} since opening": "{unit}，自打开以来",
    "reads of the account": "账户读取次数",
    "{unit}, cost below zero": "{unit}，低于零为成本",
    "No smart order yet": "还没有智能订单",
    "{number} quote": "{number} 次报价",
    "{number} quotes": "{number} 次报价",
    "{filled} filled as {liquidity}": "{filled} 以 {liquidity} 成交",
    "filled as {liquidity}": "以 {liquidity} 成交",
    "price (quote units)": "价格（计价币）",
    "resting": "挂单中",
    "switch": "切换",
    "{quantity} at {price} as {liquidity}": "{quantity}，价格 {price}，{liquidity}",
    "No orders yet": "还没有订单",
    "time (UTC), every change one step": "时间（UTC），每次变化一步",
    ", known from {evidence}": "，获知途径：{evidence}",
    "{order}: {state}, filled {filled}{known}": "{order}：{state}，已成交 {filled}{known}",
    "mean wait from decision to end, seconds": "从决策到结束的平均等待，秒",
}
