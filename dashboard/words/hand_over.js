export default {
    en: {
        'hand.do': 'Hand over', 'hand.book': 'Hand over a book of business', 'hand.from': 'From', 'hand.to': 'To', 'hand.of': '{0} ({1})',
        'hand.choose': 'Choose a colleague', 'hand.segment': 'Only of the segment', 'hand.none': 'There is no customer to hand over.',
        'hand.what': 'Every customer of a colleague goes to another one, with the open tasks.',
        'hand.book_done': '{1} customer handed over to {3}, open tasks: {2}|{1} customers handed over to {3}, open tasks: {2}',
        'hand.some': 'Hand over {0} customer|Hand over {0} customers',
        'hand.some_done': '{0} customer handed over to {1}|{0} customers handed over to {1}',
    },
    es: {
        'hand.do': 'Traspasar', 'hand.book': 'Traspasar una cartera', 'hand.from': 'De', 'hand.to': 'A', 'hand.of': '{0} ({1})',
        'hand.choose': 'Elige a quién', 'hand.segment': 'Solo del segmento', 'hand.none': 'No hay clientes que traspasar.',
        'hand.what': 'Todos los clientes de una persona pasan a otra, con sus tareas abiertas.',
        'hand.book_done': '{1} cliente traspasado a {3}, tareas abiertas: {2}|{1} clientes traspasados a {3}, tareas abiertas: {2}',
        'hand.some': 'Traspasar {0} cliente|Traspasar {0} clientes',
        'hand.some_done': '{0} cliente traspasado a {1}|{0} clientes traspasados a {1}',
    },
};
