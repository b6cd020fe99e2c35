export default {
    en: {
        'signals.kind': 'Kind', 'signals.motion': 'Motion', 'signals.csm': 'CSM', 'signals.held': 'Held', 'signals.free': 'Free', 'signals.show': 'Show',
        'signals.none': 'None', 'signals.count': '{0} signal|{0} signals', 'signals.n_held': '{0} held', 'signals.more': 'Show more',
        'signals.conversion': 'What became of them', 'signals.won_share': 'Won of settled', 'signals.won_arr': 'Won ARR', 'signals.open_arr': 'Open potential',
        'signals.days': 'Days to settle', 'signals.settled': 'Won / lost', 'signals.open': 'Open', 'signals.no_signal': 'No signal yet.',
        'signals.board': 'Board', 'signals.table': 'Table', 'signals.plan': 'Plan', 'signals.value': 'Could bring', 'signals.status': 'Status', 'signals.do': 'Do',
        'signals.detected': 'Seen', 'signals.total': 'Open pipeline',
    },
    es: {
        'signals.kind': 'Tipo', 'signals.motion': 'Venta', 'signals.csm': 'CSM', 'signals.held': 'Retenidas', 'signals.free': 'Libres', 'signals.show': 'Mostrar',
        'signals.none': 'Ninguna', 'signals.count': '{0} señal|{0} señales', 'signals.n_held': '{0} retenidas', 'signals.more': 'Mostrar más',
        'signals.conversion': 'Qué fue de ellas', 'signals.won_share': 'Ganadas de las cerradas', 'signals.won_arr': 'ARR ganado', 'signals.open_arr': 'Potencial abierto',
        'signals.days': 'Días hasta cerrar', 'signals.settled': 'Ganadas / perdidas', 'signals.open': 'Abiertas', 'signals.no_signal': 'Todavía no hay señales.',
        'signals.board': 'Tablero', 'signals.table': 'Tabla', 'signals.plan': 'Plan', 'signals.value': 'Podría aportar', 'signals.status': 'Estado', 'signals.do': 'Hacer',
        'signals.detected': 'Vista', 'signals.total': 'Cartera abierta',
    },
};
